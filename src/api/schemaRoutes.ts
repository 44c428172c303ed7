/*
 * GET /schemas         the JSON Schemas that the catalog holds entities to
 * GET /schemas/:name   one of them
 */
import { NotFoundError } from '@backstage/errors';
import { catalogEntityValidatePermission } from '@backstage/plugin-catalog-common/alpha';
import type { CatalogModel } from '@backstage/catalog-model/alpha';
import type express from 'express';
import { suggest } from '../config/messages';
import { pageOf } from '../lib/page';
import { quoteValue } from '../lib/values';
import { listSchemas } from '../validation/catalogSchemas';
import { type AccessContext, assertMayRead } from './access';
import * as answers from './answers';
import { addRoute } from './openApi';
import { readPageQuery, toListAnswer } from './requests';

export interface ModelContext extends AccessContext {
  readModel: () => Promise<CatalogModel>;
}

/** Where the schemas are, seen from outside. */
export const SCHEMAS_PATH = '/api/catalog/custom-data/schemas';

export function addSchemaRoutes(
  router: express.Router,
  context: ModelContext,
): void {
  addRoute(
    router,
    'GET /schemas',
    {
      summary: 'The JSON Schemas that the catalog holds entities to',
      isPaged: true,
      answers: { 200: answers.listOf(answers.schemaEntry) },
    },
    async (req, res) => {
      await assertMayRead(context, req, catalogEntityValidatePermission);
      const page = readPageQuery(req, ['text']);
      const schemas = listSchemas(await context.readModel());
      const { items, ...rest } = pageOf(schemas, ({ name }) => name, page);
      res.json(
        toListAnswer({
          ...rest,
          items: items.map(({ schema, ...about }) => ({
            ...about,
            href: `${SCHEMAS_PATH}/${encodeURIComponent(about.name)}`,
          })),
        }),
      );
    },
  );

  addRoute(
    router,
    'GET /schemas/:name',
    {
      summary: 'One of these JSON Schemas',
      answers: { 200: answers.jsonSchema },
    },
    async (req, res) => {
      await assertMayRead(context, req, catalogEntityValidatePermission);
      const { name } = req.params;
      const schemas = listSchemas(await context.readModel());
      const found = schemas.find(schema => schema.name === name);
      if (!found) {
        const names = schemas.map(schema => schema.name);
        throw new NotFoundError(
          `There is no schema ${quoteValue(name)}; ${adviseName(name, names)}`,
        );
      }
      res.json(found.schema);
    },
  );
}

function adviseName(name: string, names: string[]): string {
  const advice = suggest(name, names);
  return advice.endsWith('?')
    ? `${advice} Known are ${names.map(quoteValue).join(', ')}`
    : advice;
}
