import type { JsonObject, JsonValue } from '@backstage/types';
import { GUARDED_FIELDS, type GuardedField } from '../config/guardedFields';
import { type TemplateField, templatePath } from './compileTemplates';
import { pathsOf, valueAt } from './explainTemplates';

/** Gives the guarded fields of a template whose expressions find nothing of what they read in a record. */
export type FindUnfound = (record: JsonObject) => GuardedField[];

export function compileUnfound(
  fields: TemplateField[],
  index: number,
): FindUnfound {
  const guarded = GUARDED_FIELDS.map(field => ({
    field,
    reads: fields
      .filter(({ path }) => isIn(path, `${templatePath(index)}.${field}`))
      .flatMap(({ expressions }) =>
        expressions.flatMap(({ ast }) => pathsOf(ast)),
      ),
  })).filter(({ reads }) => reads.length > 0);
  return record =>
    guarded
      .filter(({ reads }) =>
        reads.every(path => isEmpty(valueAt(record, path))),
      )
      .map(({ field }) => field);
}

/** Whether a path is that of a field, or of an item of its list. */
function isIn(path: string, field: string): boolean {
  return path === field || path.startsWith(`${field}[`);
}

function isEmpty(value: JsonValue | undefined): boolean {
  return (
    value === undefined ||
    value === null ||
    value === '' ||
    (Array.isArray(value) && value.every(isEmpty))
  );
}
