import { json, Router, type Request } from 'express';
import { z } from 'zod';
import { createFaultMiddleware, type Faults } from './faultRoutes';

/** A record may be anything that has an id, so that bad ones can be tried as well. */
export interface StoredRecord {
  serviceId: string;
}

const recordSchema = z.looseObject({ serviceId: z.string().min(1) });

export interface RecordRoutesOptions {
  records: Map<string, StoredRecord>;
  faults: Faults;
}

/** `/metadata` and `/metadata/:id`: the company, to read and to change. */
export function createRecordRoutes(options: RecordRoutesOptions): Router {
  const router = Router();
  addReading(router, options);
  addWriting(router, options.records);
  return router;
}

function addReading(
  router: Router,
  { records, faults }: RecordRoutesOptions,
): void {
  const misbehave = createFaultMiddleware(faults);
  router.get('/metadata', misbehave, (_, res) => {
    res.json({ services: listRecords([...records.values()], faults) });
  });
  router.get('/metadata/:id', misbehave, (req, res) => {
    const record = records.get(req.params.id);
    if (record) {
      res.json(record);
    } else {
      res.status(404).json({ error: `No service "${req.params.id}"` });
    }
  });
}

function listRecords(records: StoredRecord[], faults: Faults): object[] {
  switch (faults.mode) {
    case 'empty':
      return [];
    case 'broken-record': {
      const [first, ...rest] = records;
      return first ? [{ ...first, serviceId: undefined }, ...rest] : [];
    }
    default:
      return records;
  }
}

function addWriting(router: Router, records: Map<string, StoredRecord>): void {
  router.put('/metadata/:id', json(), (req: Request<{ id: string }>, res) => {
    const { id } = req.params;
    const record = recordSchema.safeParse({ serviceId: id, ...req.body });
    if (!record.success || record.data.serviceId !== id) {
      res
        .status(400)
        .json({ error: `"serviceId" has to be "${id}", as in the path` });
      return;
    }
    const status = records.has(id) ? 200 : 201;
    records.set(id, record.data);
    res.status(status).json(record.data);
  });

  router.delete('/metadata/:id', (req, res) => {
    if (records.delete(req.params.id)) {
      res.status(204).end();
    } else {
      res.status(404).json({ error: `No service "${req.params.id}"` });
    }
  });
}
