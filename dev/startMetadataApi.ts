import { createCompany } from './metadataApi/company';
import {
  createMetadataApi,
  type MetadataApi,
} from './metadataApi/createMetadataApi';
import type { RunningApi } from './metadataApi/listen';
import type { FileRecord } from './metadataApi/readRecordFile';

const DEFAULT_PORT = 7017;

/** Starts the stand-in API on the port that was asked for, or on any where that one is taken. */
export async function startMetadataApi(options: {
  token: string;
  file: string;
  port?: string;
}): Promise<RunningApi> {
  const api = createMetadataApi({
    records: createCompany(),
    token: options.token,
    file: { path: options.file, idOf: govukId },
  });
  return listenSomewhere(api, Number(options.port || DEFAULT_PORT));
}

async function listenSomewhere(
  api: MetadataApi,
  port: number,
): Promise<RunningApi> {
  try {
    return await api.listen(port);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') {
      throw error;
    }
    const running = await api.listen(0);
    console.log(
      `Port ${port} is taken: the stand-in metadata API is at ${running.url}. METADATA_API_PORT chooses another.`,
    );
    return running;
  }
}

/** As `id` in app-config.govuk.yaml. */
function govukId({ app_name: app, repo_name: repository }: FileRecord) {
  return app ?? repository;
}
