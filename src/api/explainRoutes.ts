import { stringifyEntityRef } from '@backstage/catalog-model';
import { NotFoundError } from '@backstage/errors';
import type express from 'express';
import { z } from 'zod';
import type { ApiContext } from './apiContext';
import { parseInput } from './parseInput';

const part = z.string().regex(/^[^\s/:\p{Cc}]{1,255}$/u, {
  error:
    'A part of an entity ref has 1 to 255 characters, none of them a space, ":" or "/"',
});

const refParams = z.object({ kind: part, namespace: part, name: part });

/** Where an entity comes from. */
export function addExplainRoutes(
  router: express.Router,
  { access, explainer, visibleRefs }: ApiContext,
): void {
  router.get(
    '/entities/by-name/:kind/:namespace/:name/explain',
    async (req, res) => {
      const caller = await access.assertMayRead(req);
      const entityRef = stringifyEntityRef(parseInput(refParams, req.params));
      const visible = await visibleRefs([entityRef], caller);
      const explanation = visible.has(entityRef)
        ? await explainer.explain(entityRef)
        : undefined;
      if (!explanation) {
        throw new NotFoundError(
          `There is no entity "${entityRef}" that a source of this module gives`,
        );
      }
      res.json(explanation);
    },
  );
}
