import { parseEntityRef } from '@backstage/catalog-model';
import type { JsonObject } from '@backstage/types';
import { z } from 'zod';
import { catalogIngestionReadPermission } from '../access';
import * as answers from '../answers';
import { explain } from '../entityRoutes';
import { customDataEntityPushPermission } from '../permissions';
import { putEntity } from '../pushRoutes';
import { parseInput, refInput } from '../requests';
import { defineAction, entityShape, READS } from './action';
import { waitForEntity } from './waitForEntity';

const ENTITY = 'component:default/payments-api';
const MAX_WAIT_SECONDS = 240;
const DEFAULT_WAIT_SECONDS = 60;

const refBody = z.object({ entityRef: refInput });

/** The ref in full and in lower case. */
function readRef(entityRef: string): string {
  return parseInput(refBody, { entityRef }).entityRef;
}

const paramsOf = (entityRef: string) => ({
  ...parseEntityRef(readRef(entityRef)),
});

export const entityActions = [
  defineAction({
    name: 'explain-custom-data-entity',
    title: 'Explain an entity',
    description:
      'Why the fields of an entity have their values: which record of which source each comes from, by which expression, in which run, and whether the entity is pinned.',
    permission: catalogIngestionReadPermission,
    attributes: READS,
    input: zod => zod.object(entityShape(zod)).strict(),
    output: answers.explanation,
    examples: [{ title: 'A component', input: { entityRef: ENTITY } }],
    run: (context, { input: { entityRef }, ask }) =>
      explain(context, ask({ params: paramsOf(entityRef) })),
  }),
  defineAction({
    name: 'push-custom-data-entity',
    title: 'Write an entity of a push source',
    description:
      'Writes an entity whose source has the type "push". Where the entity is of another source, it is restored as given and pinned, which takes "customData.pin.write" as well.',
    permission: customDataEntityPushPermission,
    attributes: { readOnly: false, destructive: true, idempotent: true },
    input: zod =>
      zod
        .object({
          ...entityShape(zod),
          entity: zod
            .record(zod.unknown())
            .describe('The whole entity, as a catalog-info.yaml file has it'),
          onlyNew: zod
            .boolean()
            .describe('Whether to fail where there is one. Default: false')
            .optional(),
        })
        .strict(),
    output: answers.writtenEntity,
    examples: [
      {
        title: 'A new component',
        input: {
          entityRef: ENTITY,
          entity: {
            apiVersion: 'backstage.io/v1alpha1',
            kind: 'Component',
            metadata: { name: 'payments-api' },
            spec: {
              type: 'service',
              lifecycle: 'production',
              owner: 'group:default/payments',
            },
          },
          onlyNew: true,
        },
      },
    ],
    run: (context, { input: { entityRef, entity, onlyNew }, ask }) =>
      putEntity(
        context,
        ask({
          params: paramsOf(entityRef),
          headers: onlyNew ? { 'if-none-match': '*' } : {},
        }),
        async () => [entity as JsonObject],
      ),
  }),
  defineAction({
    name: 'wait-for-catalog-entity',
    title: 'Wait for an entity',
    description:
      'Waits until the catalog shows an entity to the caller, such as one that was just written or synced. Fails when the time is over.',
    attributes: READS,
    input: zod =>
      zod
        .object({
          ...entityShape(zod),
          timeoutSeconds: zod
            .number()
            .min(0)
            .max(MAX_WAIT_SECONDS)
            .describe(`Default: ${DEFAULT_WAIT_SECONDS}`)
            .optional(),
        })
        .strict(),
    output: z.object({ entityRef: z.string(), entity: answers.entity }),
    examples: [{ title: 'A component', input: { entityRef: ENTITY } }],
    run: (context, { input, credentials }) =>
      waitForEntity(context, {
        entityRef: readRef(input.entityRef),
        timeoutSeconds: input.timeoutSeconds ?? DEFAULT_WAIT_SECONDS,
        credentials,
      }),
  }),
];
