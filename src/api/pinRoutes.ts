/*
 * GET    /pins                                           what is pinned, and how sources differ
 * PUT    /entities/by-name/:kind/:namespace/:name/pin    keeps an entity as it is
 * DELETE /entities/by-name/:kind/:namespace/:name/pin    lets the source win again
 */
import { stringifyEntityRef } from '@backstage/catalog-model';
import type express from 'express';
import { z } from 'zod';
import { listPins, pinEntity, unpinEntity } from '../ingestion/pins/pins';
import { assertMayRead, withAudit } from './access';
import * as answers from './answers';
import type { ApiContext } from './createApiRouter';
import { addRoute } from './openApi';
import { customDataPinWritePermission } from './permissions';
import {
  nameInput,
  parseInput,
  readFilter,
  readJsonBody,
  readPageQuery,
  reasonInput,
  refParams,
  toListAnswer,
  untilInput,
} from './requests';
import { visibleItems } from './visibleEntities';

const PIN = '/entities/by-name/:kind/:namespace/:name/pin';

const pinsQuery = z.strictObject({ source: nameInput.optional() });

const pinBody = z.strictObject({
  reason: reasonInput,
  until: untilInput.optional(),
});

export function addPinRoutes(
  router: express.Router,
  context: ApiContext,
): void {
  addPinListRoute(router, context);

  addRoute(
    router,
    `PUT ${PIN}`,
    {
      summary: 'Keeps an entity as it is, whatever its source says',
      body: pinBody,
      answers: { 200: answers.pin },
    },
    readJsonBody,
    async (req, res) => {
      const entityRef = stringifyEntityRef(parseInput(refParams, req.params));
      const pin = await withAudit(context, {
        req,
        permission: customDataPinWritePermission,
        eventId: 'entity-pin',
        meta: { entityRef },
        work: by => {
          const { reason, until } = parseInput(pinBody, req.body ?? {});
          return pinEntity(context, { entityRef, reason, until, by });
        },
        outcome: ({ source, until }) => ({ source, until }),
      });
      res.json(pin);
    },
  );

  addRoute(
    router,
    `DELETE ${PIN}`,
    {
      summary: 'Lets the source of an entity win again, with its next list',
      answers: { 204: undefined },
    },
    async (req, res) => {
      const entityRef = stringifyEntityRef(parseInput(refParams, req.params));
      await withAudit(context, {
        req,
        permission: customDataPinWritePermission,
        eventId: 'entity-unpin',
        meta: { entityRef },
        work: by => unpinEntity(context, { entityRef, by }),
        outcome: ({ source }) => ({ source }),
      });
      res.status(204).end();
    },
  );
}

function addPinListRoute(router: express.Router, context: ApiContext): void {
  addRoute(
    router,
    'GET /pins',
    {
      summary: 'The entities that are pinned, and what their sources give',
      isPaged: true,
      query: pinsQuery,
      answers: { 200: answers.listOf(answers.pin) },
    },
    async (req, res) => {
      const { knex, now } = context;
      const credentials = await assertMayRead(context, req);
      const page = readPageQuery(req, ['text']);
      const { source } = readFilter(req, pinsQuery);
      const pins = await listPins({ knex, source, page, now: now() });
      const items = await visibleItems(context, {
        items: pins.items,
        refsOf: ({ entityRef }) => [entityRef],
        credentials,
      });
      res.json(toListAnswer({ ...pins, items }));
    },
  );
}
