import { z } from 'zod';
import { count, object, severity, text } from './common';

export const schemaEntry = z.object({
  name: text,
  kind: text.optional(),
  apiVersion: text.optional(),
  specType: text.optional(),
  href: text,
});

export const jsonSchema = object;

export const fileReport = z.object({
  files: count,
  errors: count,
  warnings: count,
  findings: z.array(
    z.object({
      code: text,
      severity,
      message: text,
      file: text,
      line: count,
      column: count,
      path: text.optional(),
      entityRef: text.optional(),
      source: text,
    }),
  ),
  skipped: z.array(
    z.object({ file: text, line: count.optional(), reason: text }),
  ),
});
