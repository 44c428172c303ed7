import type { BackstageCredentials } from '@backstage/backend-plugin-api';
import type { BasicPermission } from '@backstage/plugin-permission-common';
import type { JsonObject } from '@backstage/types';
import type { z } from 'zod';
import type { z as Zod3 } from 'zod/v3';
import type { ActionCall } from '../asked';
import type { ApiContext } from '../createApiRouter';
import type { Zod3Builder } from './toZod3';

/** An action of the actions registry, over the function of a route. */
export interface CustomDataAction<Input extends Zod3.AnyZodObject = any> {
  /** After `catalog:`, since the registry names actions by their plugin. */
  name: string;
  title: string;
  /** For whoever chooses the action: what it gives, and when to take it. */
  description: string;
  /** Without it the action is neither listed nor called. Default: none. */
  permission?: BasicPermission;
  attributes: { readOnly: boolean; destructive: boolean; idempotent: boolean };
  input: (zod: Zod3Builder) => Input;
  output: z.ZodType;
  examples: Array<{ title: string; input: JsonObject; output?: JsonObject }>;
  run: (
    context: ApiContext,
    call: {
      input: Zod3.infer<Input>;
      credentials: BackstageCredentials;
      /** What a request of the route would bring. */
      ask: (
        given: Pick<
          Partial<ActionCall>,
          'params' | 'query' | 'body' | 'headers'
        >,
      ) => ActionCall;
    },
  ) => Promise<object>;
}

/** Has the type of its input inferred. */
export function defineAction<Input extends Zod3.AnyZodObject>(
  action: CustomDataAction<Input>,
): CustomDataAction {
  return action;
}

export const READS = { readOnly: true, destructive: false, idempotent: true };

/** The input of every list. */
export const pageShape = (zod: Zod3Builder) => ({
  limit: zod
    .number()
    .int()
    .min(1)
    .max(500)
    .describe('How many items to give. Default: 50')
    .optional(),
  cursor: zod
    .string()
    .describe('"pageInfo.nextCursor" of the page before')
    .optional(),
});

export const sourceShape = (zod: Zod3Builder) => ({
  source: zod.string().describe('The name of the source'),
});

export const entityShape = (zod: Zod3Builder) => ({
  entityRef: zod
    .string()
    .describe('In full, such as "component:default/payments-api"'),
});

export const windowShape = (zod: Zod3Builder) => ({
  since: zod
    .string()
    .describe('A time with a zone, such as "2026-11-22T12:00:00Z"')
    .optional(),
  until: zod.string().describe('A time with a zone').optional(),
});
