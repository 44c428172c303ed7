/*
 * Under `/custom-data`:
 * GET  /locations          Location manifests by name, and what became of their targets
 * POST /locations/dry-run  what a location would give
 * GET  /refreshes/:id      how far a refresh of all entities came
 * GET  /templates/report   software templates against the entities of the catalog
 */
import { NotFoundError } from '@backstage/errors';
import { catalogLocationReadPermission } from '@backstage/plugin-catalog-common/alpha';
import type express from 'express';
import { stringifyEntityRef } from '@backstage/catalog-model';
import { z } from 'zod';
import { LOCATION_TYPE } from '../../lib/keys';
import { listManifests } from '../../locations/database/manifests';
import { dryRunLocation } from '../../locations/manifests/dryRunLocation';
import { readRefresh } from '../../upkeep/database/refreshes';
import { reportTemplates } from '../../upkeep/reportTemplates';
import { assertMayRead, withAudit } from '../access';
import * as answers from '../answers';
import type { ApiContext } from '../createApiRouter';
import { addRoute } from '../openApi';
import { customDataSourceDryRunPermission } from '../permissions';
import {
  nameInput,
  parseInput,
  readFilter,
  readJsonBody,
  readPageQuery,
  toListAnswer,
} from '../requests';
import { assertSeesAll, visibleRefs } from '../visibleEntities';

const locationFilter = z.strictObject({ name: nameInput.optional() });

const dryRunInput = z.strictObject({
  type: nameInput.optional(),
  target: z.string().min(1).max(2000),
  expected: z
    .strictObject({
      entities: z.array(nameInput).max(10_000),
      relations: z
        .array(
          z.strictObject({
            source: nameInput,
            type: nameInput,
            target: nameInput,
          }),
        )
        .max(100_000)
        .optional(),
    })
    .optional(),
});

export function addReferenceRoutes(
  router: express.Router,
  context: ApiContext,
): void {
  addRoute(
    router,
    'GET /locations',
    {
      summary: 'Location manifests by name, and what became of their targets',
      isPaged: true,
      query: locationFilter,
      answers: { 200: answers.listOf(answers.manifest) },
    },
    async (req, res) => {
      await assertMayRead(context, req, catalogLocationReadPermission);
      const page = readPageQuery(req, ['number']);
      const { name } = readFilter(req, locationFilter);
      const { knex } = context;
      res.json(toListAnswer(await listManifests({ knex, name, page })));
    },
  );

  addRoute(
    router,
    'POST /locations/dry-run',
    {
      summary: 'What a location would give; nothing is registered',
      body: dryRunInput,
      answers: { 200: answers.locationDryRun },
    },
    readJsonBody,
    dryRunHandler(context),
  );

  addRoute(
    router,
    'GET /refreshes/:id',
    {
      summary: 'How far a refresh of all entities came',
      answers: { 200: answers.refresh },
    },
    async (req, res) => {
      await assertMayRead(context, req);
      const { knex, now } = context;
      const { id } = req.params;
      const refresh = await readRefresh({ knex, id, now: now() });
      if (!refresh) {
        throw new NotFoundError(`There is no refresh "${id}"`);
      }
      res.json(refresh);
    },
  );

  addRoute(
    router,
    'GET /templates/report',
    {
      summary: 'Holds software templates against the entities of the catalog',
      answers: { 200: answers.templateReport },
    },
    async (req, res) => {
      const caller = await assertMayRead(context, req);
      await assertSeesAll(context, caller);
      const credentials = await context.ownCredentials();
      res.json(await reportTemplates(context, credentials));
    },
  );
}

/** Also stands at the catalog's own path. */
export function dryRunHandler(context: ApiContext): express.RequestHandler {
  return async (req, res) => {
    const input = parseInput(dryRunInput, req.body);
    const prefix = `${LOCATION_TYPE}:`;
    const isRecord =
      input.type === LOCATION_TYPE || input.target.startsWith(prefix);
    const target = input.target.replace(isRecord ? prefix : '', '');
    const type = isRecord ? LOCATION_TYPE : input.type ?? 'url';
    const { expected } = input;
    if (!isRecord) {
      // The catalog asks its own permission.
      const credentials = await context.httpAuth.credentials(req);
      const options = { type, target, expected, credentials };
      res.json(await dryRunLocation(context, options));
      return;
    }
    const credentials = await assertMayRead(context, req);
    const report = await withAudit(context, {
      req,
      permission: customDataSourceDryRunPermission,
      eventId: 'location-dry-run',
      meta: { target },
      work: () =>
        dryRunLocation(context, { type, target, expected, credentials }),
    });
    const refs = report.entities.map(entity => stringifyEntityRef(entity));
    const visible = await visibleRefs(context, refs, credentials);
    if (visible.size < new Set(refs).size) {
      throw new NotFoundError(
        `The record gives entities that you may not read; ask whoever runs the portal`,
      );
    }
    res.json(report);
  };
}
