import { Router, type RequestHandler } from 'express';
import { readRecordFile, type FileRecord } from './readRecordFile';

export interface FileRoutesOptions {
  /** A JSON or YAML list; read on each request, so that an edit shows at once. */
  path: string;
  idOf(record: FileRecord): unknown;
}

/** `GET /file` and `GET /file/:id`: a list that stands in a file, as a plain array. */
export function createFileRoutes({ path, idOf }: FileRoutesOptions): Router {
  const router = Router();
  router.get(
    '/file',
    forward(async (_, res) => {
      res.json(await readRecordFile(path));
    }),
  );
  router.get(
    '/file/:id',
    forward(async (req, res) => {
      const records = await readRecordFile(path);
      const record = records.find(item => idOf(item) === req.params.id);
      if (record) {
        res.json(record);
      } else {
        res.status(404).json({ error: `No record "${req.params.id}"` });
      }
    }),
  );
  return router;
}

type AsyncHandler = (...args: Parameters<RequestHandler>) => Promise<void>;

// Express 4 does not look at the promise of a handler.
function forward(handler: AsyncHandler): RequestHandler {
  return (req, res, next) => {
    handler(req, res, next).catch(next);
  };
}
