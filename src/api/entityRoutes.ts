/*
 * GET /entities/by-name/:kind/:namespace/:name/explain   where an entity comes from
 */
import { stringifyEntityRef } from '@backstage/catalog-model';
import { NotFoundError } from '@backstage/errors';
import type express from 'express';
import { explainEntity } from '../ingestion/explain/explainEntity';
import { assertMayRead } from './access';
import * as answers from './answers';
import type { Asked } from './asked';
import type { ApiContext } from './createApiRouter';
import { addRoute } from './openApi';
import { parseInput, refParams } from './requests';
import { visibleRefs } from './visibleEntities';

export function addEntityRoutes(
  router: express.Router,
  context: ApiContext,
): void {
  addRoute(
    router,
    'GET /entities/by-name/:kind/:namespace/:name/explain',
    {
      summary: 'Where an entity comes from, field by field',
      answers: { 200: answers.explanation },
    },
    async (req, res) => {
      res.json(await explain(context, req));
    },
  );
}

export async function explain(context: ApiContext, req: Asked) {
  const caller = await assertMayRead(context, req);
  const entityRef = stringifyEntityRef(parseInput(refParams, req.params));
  const visible = await visibleRefs(context, [entityRef], caller);
  const explanation = visible.has(entityRef)
    ? await explainEntity(context, entityRef)
    : undefined;
  if (!explanation) {
    throw new NotFoundError(
      `There is no entity "${entityRef}" that a source of this module gives`,
    );
  }
  return explanation;
}
