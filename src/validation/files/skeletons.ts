import type { JsonObject, JsonValue } from '@backstage/types';
import { GUARDED_FIELDS } from '../../config/guardedFields';
import { isObject } from '../../lib/values';

/** What the scaffolder or Cookiecutter fills in. */
const PLACEHOLDER = /\$\{\{|\{%|\{\{-?\s*(?:cookiecutter|values|parameters)\b/;
const TEMPLATE = /^kind:\s*["']?Template\b/m;

export function mayBeSkeleton(text: string): boolean {
  return PLACEHOLDER.test(text);
}

/** Whether a file that is not YAML is the skeleton of one. A Template holds placeholders of its own. */
export function isBrokenSkeleton(text: string): boolean {
  return PLACEHOLDER.test(text) && !TEMPLATE.test(text);
}

/** Whether a template fills in what the entity is. A description or a definition may speak of placeholders. */
export function isSkeleton(entity: JsonObject): boolean {
  const { apiVersion, kind, metadata, spec } = entity;
  const { description: _, ...named } = isObject(metadata) ? metadata : {};
  const fields = kind === 'Template' || !isObject(spec) ? {} : spec;
  return [
    apiVersion,
    kind,
    named,
    ...GUARDED_FIELDS.map(path => fields[path.slice('spec.'.length)]),
  ].some(holdsPlaceholder);
}

/** Cookiecutter's `{{ … }}` without quotes is a map in YAML, whose key is written as a text. */
function holdsPlaceholder(value: JsonValue | undefined): boolean {
  if (typeof value === 'string') {
    return PLACEHOLDER.test(value);
  }
  return (
    typeof value === 'object' &&
    value !== null &&
    Object.entries(value).some(
      ([key, member]) =>
        PLACEHOLDER.test(key) ||
        /^\{ (?:cookiecutter|values|parameters)\b/.test(key) ||
        holdsPlaceholder(member),
    )
  );
}
