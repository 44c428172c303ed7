import express, { type ErrorRequestHandler, type Express } from 'express';
import { createFaultRoutes, createFaults, type Faults } from './faultRoutes';
import { createFileRoutes, type FileRoutesOptions } from './fileRoutes';
import { listen, type RunningApi } from './listen';
import { createRecordRoutes, type StoredRecord } from './recordRoutes';
import { requireToken } from './requireToken';

export interface MetadataApiOptions {
  records: StoredRecord[];
  /** Bearer token of everything but the switch for faults. */
  token: string;
  file?: FileRoutesOptions;
}

export interface MetadataApi {
  app: Express;
  /** Serves the API on 127.0.0.1; port 0 takes any that is free. */
  listen(port: number): Promise<RunningApi>;
  state: { records: Map<string, StoredRecord>; faults: Faults };
}

const answerError: ErrorRequestHandler = (error, _req, res, _next) => {
  res.status(error.status ?? 500).json({ error: error.message });
};

/** A stand-in for a company's metadata API, with faults to switch on. */
export function createMetadataApi(options: MetadataApiOptions): MetadataApi {
  const records = new Map(
    options.records.map(record => [record.serviceId, record]),
  );
  const faults = createFaults();

  const app = express();
  app.disable('x-powered-by');
  app.set('etag', 'strong');
  app.use(createFaultRoutes(faults));
  app.use(requireToken(options.token));
  app.use(createRecordRoutes({ records, faults }));
  if (options.file) {
    app.use(createFileRoutes(options.file));
  }
  app.use(answerError);

  return {
    app,
    listen: port => listen(app, port),
    state: { records, faults },
  };
}
