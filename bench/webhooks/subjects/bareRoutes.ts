import {
  coreServices,
  createBackendModule,
} from '@backstage/backend-plugin-api';
import express from 'express';
import Router from 'express-promise-router';
import type { Knex } from 'knex';
import {
  createHash,
  createHmac,
  randomUUID,
  timingSafeEqual,
} from 'node:crypto';
import { SECRET, SENDER } from '../createRequest';
import { ROWS_TABLE } from '../rowsTable';

const KEPT = ['content-type', 'user-agent', 'x-request-id'];

/**
 * Floors, on the catalog's own router: a route that checks the HMAC and stores
 * nothing, one that has an insert of its own for each request, and one that has
 * an insert for all that arrived while the one before was under way.
 */
export default createBackendModule({
  pluginId: 'catalog',
  moduleId: 'bench-routes',
  register(env) {
    env.registerInit({
      deps: {
        database: coreServices.database,
        httpRouter: coreServices.httpRouter,
      },
      async init({ database, httpRouter }) {
        const knex = database.getClient();
        httpRouter.use(createRouter(knex));
        httpRouter.addAuthPolicy({ path: '/bench', allow: 'unauthenticated' });
        await createTable(await knex);
      },
    });
  },
});

function createRouter(knex: Promise<Knex>): express.Router {
  const router = Router();
  const raw = express.raw({ type: () => true, limit: '1mb', inflate: false });
  router.use('/bench', raw, (req, res, next) => {
    if (isSigned(req)) {
      next();
    } else {
      res.status(401).json({ error: { name: 'AuthenticationError' } });
    }
  });
  router.post('/bench/bare', (_req, res) => {
    res.status(202).json({ id: randomUUID() });
  });
  router.post('/bench/insert-each', async (req, res) => {
    const row = rowOf(req);
    await (await knex)(ROWS_TABLE).insert(row);
    res.status(202).json({ id: row.delivery_id });
  });
  const insertTogether = createCollector(knex);
  router.post('/bench/insert-together', async (req, res) => {
    const row = rowOf(req);
    await insertTogether(row);
    res.status(202).json({ id: row.delivery_id });
  });
  return router;
}

type Row = ReturnType<typeof rowOf>;

/** The least that there is to storing what arrives together in one statement. */
function createCollector(knex: Promise<Knex>): (row: Row) => Promise<void> {
  let waiting: Row[] = [];
  let next: Promise<void> | undefined;
  let running: Promise<void> = Promise.resolve();
  const insert = async () => {
    const rows = waiting;
    waiting = [];
    next = undefined;
    await (await knex)(ROWS_TABLE).insert(rows);
  };
  return row => {
    waiting.push(row);
    next ??= running = running.then(insert);
    return next;
  };
}

function isSigned(req: express.Request): boolean {
  const given = Buffer.from(req.get('X-Catalog-Signature') ?? '', 'hex');
  const expected = createHmac('sha256', SECRET).update(req.body).digest();
  return given.length === expected.length && timingSafeEqual(given, expected);
}

/** What this module keeps of a delivery, too. */
function rowOf(req: express.Request) {
  const { service, metadata, ...event } = JSON.parse(req.body);
  const now = new Date().toISOString();
  const externalId = req.get('X-Catalog-Delivery');
  return {
    delivery_id: randomUUID() as string,
    sender: SENDER,
    dedupe_key: `id:${externalId}`,
    external_id: externalId,
    digest: createHash('sha256').update(req.body).digest('hex'),
    secret_id: 'bench',
    dialect: 'catalog',
    service_key: service,
    environment: metadata.environment,
    event: JSON.stringify({ ...event, changes: undefined }),
    state: 'pending',
    due_at: now,
    received_at: now,
    headers: JSON.stringify(
      Object.fromEntries(KEPT.map(name => [name, req.get(name)])),
    ),
    payload: req.body.toString(),
  };
}

async function createTable(knex: Knex): Promise<void> {
  await knex.schema.createTable(ROWS_TABLE, table => {
    table.bigIncrements('sequence');
    table.string('delivery_id', 36).notNullable();
    table.string('sender', 63).notNullable();
    table.string('dedupe_key', 320).notNullable();
    table.string('external_id', 255);
    table.string('digest', 64).notNullable();
    table.string('secret_id', 63).notNullable();
    table.string('dialect', 63).notNullable();
    table.string('service_key', 255);
    table.string('environment', 63);
    table.text('event').notNullable();
    table.string('state', 16).notNullable();
    table.string('due_at', 24);
    table.string('received_at', 24).notNullable();
    table.text('headers').notNullable();
    table.text('payload').notNullable();
  });
}
