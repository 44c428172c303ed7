import type { JsonObject, JsonValue } from '@backstage/types';
import { GUARDED_FIELDS } from '../../config/guardedFields';
import { isObject } from '../../lib/values';

/** What the scaffolder or Cookiecutter fills in. */
const PLACEHOLDER = /\$\{\{|\{%|\{\{-?\s*(?:cookiecutter|values|parameters)\b/;
const TEMPLATE = /^kind:\s*["']?Template\b/m;

/** With the lines below it that are indented more, or empty. */
const DESCRIPTION = /^( *)description:.*(?:\r?\n(?:\1 .*|[ \t]*)$)*/gm;

/**
 * Whether a file is not YAML since it is the skeleton of one, by its text and
 * the lines of its faults. A Template holds placeholders of its own, and a
 * description may speak of them.
 */
export function isBrokenSkeleton(text: string, lines: string[]): boolean {
  const rest = text.replace(DESCRIPTION, '');
  const isFilledIn =
    PLACEHOLDER.test(rest) ||
    (rest.includes('{{') && lines.some(line => line.includes('{{')));
  return lines.length > 0 && !TEMPLATE.test(text) && isFilledIn;
}

/** Whether anything in a text can be filled in. */
export function mayBeSkeleton(text: string): boolean {
  return /\{[{%]/.test(text);
}

/** Whether a template fills in what the entity is. A description or a definition may speak of placeholders. */
export function isSkeleton({
  apiVersion,
  kind,
  metadata,
  spec,
}: JsonObject): boolean {
  const { description: _, ...named } = isObject(metadata) ? metadata : {};
  const fields = isObject(spec) ? spec : {};
  return [
    apiVersion,
    kind,
    ...(kind === 'Template'
      ? [named.name]
      : [
          named,
          ...GUARDED_FIELDS.map(path => fields[path.slice('spec.'.length)]),
        ]),
  ].some(holdsPlaceholder);
}

/** `{{ … }}` without quotes is a map in YAML, whose key is written as a text. */
function holdsPlaceholder(value: JsonValue | undefined): boolean {
  if (typeof value === 'string') {
    return PLACEHOLDER.test(value);
  }
  return Object.entries(Object(value) as JsonObject).some(
    ([key, member]) =>
      key.startsWith('{ ') || PLACEHOLDER.test(key) || holdsPlaceholder(member),
  );
}
