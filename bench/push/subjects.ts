import express from 'express';
import Router from 'express-promise-router';
import type { Subjects } from '../lib/backendProcess';
import { createCatalogModule } from '../lib/catalogModule';

const TABLE = 'bench_entities';

/**
 * What a write costs at least: a route on the catalog's own router, behind its
 * authentication, that parses the body, updates one row, and answers.
 */
const bareRoute = createCatalogModule(
  'bench-bare-route',
  async ({ knex, httpRouter }) => {
    await knex.schema.createTable(TABLE, table => {
      table.string('name').primary();
      table.string('hash');
      table.text('entity');
    });
    const router = Router();
    router.put('/bench/:name', express.json(), async (req, res) => {
      const { name } = req.params;
      const hash = `${Math.random()}`;
      const row = { hash, entity: JSON.stringify(req.body) };
      const changed = await knex(TABLE).where({ name }).update(row);
      if (changed === 0) {
        await knex(TABLE).insert({ name, ...row });
      }
      res.json({ name, hash });
    });
    httpRouter.use(router);
  },
);

export const subjects: Subjects = {
  /** Both in one backend, so that they have the same of everything else. */
  both: () => ({ features: [bareRoute, import('../../src')] }),
};
