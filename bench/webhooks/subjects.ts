import express from 'express';
import Router from 'express-promise-router';
import type { Knex } from 'knex';
import {
  createHash,
  createHmac,
  randomUUID,
  timingSafeEqual,
} from 'node:crypto';
import type { Subjects } from '../lib/backendProcess';
import { createCatalogModule } from '../lib/catalogModule';
import { DIALECTS } from './dialects';
import { SECRET, SENDER } from './request';

/** The table that `insertEach` writes to. */
export const ROWS_TABLE = 'bench_deliveries';

const CREATE_TABLE = `
  create table ${ROWS_TABLE} (
    sequence bigserial primary key, delivery_id text, sender text,
    dedupe_key text, external_id text, digest text, secret_id text,
    dialect text, service_key text, environment text, event text, state text,
    due_at text, received_at text, headers text, payload text
  )`;

/**
 * What storing costs at least: a route on the catalog's own router that checks the
 * HMAC, inserts one row with what this module keeps of a delivery, and answers.
 */
const insertEach = createCatalogModule(
  'bench-insert-each',
  async ({ knex, httpRouter }) => {
    await knex.raw(CREATE_TABLE);
    httpRouter.use(createRouter(knex));
    httpRouter.addAuthPolicy({ path: '/bench', allow: 'unauthenticated' });
  },
);

export const subjects: Subjects = {
  /** This module, with a sender that has everything set. */
  module: () => ({ features: [import('../../src')] }),

  /** This module, with a sender that has a token of an issuer for each request. */
  tokens: () => ({ features: [import('../../src')] }),

  /** Backstage's own HTTP ingress for events, as it comes. */
  events: () => ({
    features: [
      import('@backstage/plugin-events-backend'),
      import('@backstage/plugin-events-backend-module-github'),
    ],
  }),

  'insert-each': () => ({ features: [insertEach] }),

  ...Object.fromEntries(
    Object.keys(DIALECTS).map(name => [
      name,
      () => ({ features: [import('../../src')] }),
    ]),
  ),
};

function createRouter(knex: Knex): express.Router {
  const router = Router();
  const raw = express.raw({ type: () => true, limit: '1mb', inflate: false });
  router.post('/bench/insert-each', raw, async (req, res) => {
    if (!isSigned(req)) {
      res.status(401).json({ error: { name: 'AuthenticationError' } });
      return;
    }
    const row = rowOf(req);
    await knex(ROWS_TABLE).insert(row);
    res.status(202).json({ id: row.delivery_id });
  });
  return router;
}

function isSigned(req: express.Request): boolean {
  const given = Buffer.from(req.get('X-Catalog-Signature') ?? '', 'hex');
  const expected = createHmac('sha256', SECRET).update(req.body).digest();
  return given.length === expected.length && timingSafeEqual(given, expected);
}

function rowOf(req: express.Request) {
  const { service, metadata, changes: _, ...event } = JSON.parse(req.body);
  const now = new Date().toISOString();
  const externalId = req.get('X-Catalog-Delivery');
  const kept = ['content-type', 'user-agent', 'x-request-id'];
  return {
    delivery_id: randomUUID(),
    sender: SENDER,
    dedupe_key: `id:${externalId}`,
    external_id: externalId,
    digest: createHash('sha256').update(req.body).digest('hex'),
    secret_id: 'bench',
    dialect: 'catalog',
    service_key: service,
    environment: metadata.environment,
    event: JSON.stringify(event),
    state: 'pending',
    due_at: now,
    received_at: now,
    headers: JSON.stringify(kept.map(name => [name, req.get(name)])),
    payload: req.body.toString(),
  };
}
