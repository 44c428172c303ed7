import { z } from 'zod';
import { count, object, text, time } from './common';

export const registeredManifest = z.object({
  name: text,
  items: z.array(
    z.object({
      target: text,
      state: z.enum(['registered', 'exists', 'failed']),
      id: text.optional(),
      error: text.optional(),
      note: text.optional(),
    }),
  ),
  notes: z.array(text),
});

export const manifest = z.object({
  name: text,
  targets: z.array(
    z.object({
      type: text,
      target: text,
      entityRef: text,
      state: z.enum(['read', 'failed', 'waiting', 'unregistered']),
      errors: z.array(z.object({ name: text, message: text })),
      registeredBy: text,
      registeredAt: time,
    }),
  ),
});

export const graphRelation = z.object({
  source: text,
  type: text,
  target: text,
});

export const locationDryRun = z.object({
  entities: z.array(object),
  graph: z.object({
    entities: z.array(text),
    relations: z.array(graphRelation),
  }),
  comparison: z
    .object({
      isSame: z.boolean(),
      missingEntities: z.array(text),
      unexpectedEntities: z.array(text),
      missingRelations: z.array(graphRelation),
      unexpectedRelations: z.array(graphRelation),
    })
    .optional(),
});

export const refresh = z.object({
  id: text,
  state: z.enum(['running', 'done', 'failed', 'interrupted']),
  total: count,
  done: count,
  failed: count,
  error: text.optional(),
  startedBy: text,
  startedAt: time,
  updatedAt: time,
});

const field = z.enum(['owner', 'system', 'type']);

export const templateReport = z.object({
  templates: count,
  entities: count,
  unknownValues: z.array(
    z.object({ template: text, parameter: text, field, value: text }),
  ),
  unmakeable: z.array(z.object({ entityRef: text, field, value: text })),
});
