import { ConfigReader } from '@backstage/config';
import { ConfigSources } from '@backstage/config-loader';
import type { JsonObject } from '@backstage/types';
import { readCustomDataSettings } from '../../config/settings';
import { createExtensions } from '../../extension';
import { mapRecord } from '../../ingestion/mapRecord';
import { collectingSink } from '../../sources/__testUtils__/collectingSink';
import { prepareSource } from '../../wiring/prepareSources';

interface ReadOptions {
  /** A configuration file with one source. */
  file: string;
  /** Gives variables of the environment. */
  variable: (name: string) => string | undefined;
  /** A server that stands for all others. Default: those of the file. */
  origin?: string;
}

/** Reads the list of a source once, as a run does, up to its entities. */
export async function readSource(options: ReadOptions) {
  const { sources, placeholders, ...rest } = readCustomDataSettings(
    await loadConfig(options),
  );
  const [settings, ...others] = sources;
  if (!settings || others.length > 0 || rest.misconfiguredSources.length > 0) {
    throw new Error(`Not one source: ${JSON.stringify(rest)}`);
  }
  const prepared = await prepareSource({
    settings,
    placeholders,
    extensions: createExtensions().extensions,
    now: () => new Date(),
  });
  if (prepared.type === 'faulty') {
    throw new Error(JSON.stringify(prepared.faults));
  }
  const { source } = prepared;
  const { sink, records } = collectingSink();
  const { signal } = new AbortController();
  const answer = await source.source.list({ sink, signal });
  const outcomes = [];
  for (const record of records as JsonObject[]) {
    const recordId = (await source.mapper.recordId(record))!;
    outcomes.push(await mapRecord({ ...source, record, recordId }));
  }
  return { answer, records, outcomes };
}

/** Reads the file as a backend does. */
async function loadConfig({ file, variable, origin }: ReadOptions) {
  const config = await ConfigSources.toConfig(
    ConfigSources.default({
      argv: ['--config', file],
      env: {},
      watch: false,
      substitutionFunc: async name => variable(name),
    }),
  );
  config.close();
  const data = config.get<JsonObject>();
  return new ConfigReader(origin ? withOrigin(data, origin) : data);
}

/** The same with another origin in each URL that is requested. */
function withOrigin(data: JsonObject, origin: string): JsonObject {
  return JSON.parse(JSON.stringify(data), (key, value) =>
    ['url', 'tokenUrl'].includes(key) && !String(value).includes('${{')
      ? String(value).replace(/^https:\/\/[^/]+/, origin)
      : value,
  );
}
