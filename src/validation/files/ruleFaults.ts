import type { JsonObject, JsonValue } from '@backstage/types';
import type { CatalogCheck } from '../../config/catalogCheck';
import { fieldPath, isObject, quoteValue } from '../../lib/values';
import type { FileFault } from './finding';

/** What an entity lacks, or has, against the rules of `.catalog-check.yaml`. */
export function ruleFaults(
  entity: JsonObject,
  { required, allowed }: Pick<CatalogCheck, 'required' | 'allowed'>,
): FileFault[] {
  const { metadata, spec } = entity;
  const { annotations, tags } = isObject(metadata) ? metadata : {};
  const { lifecycle, type } = isObject(spec) ? spec : {};
  return [
    ...rulesFor(required, entity).flatMap(rule => [
      ...missingAnnotations(annotations, rule.annotations),
      ...missingTags(tags, rule.tags),
    ]),
    ...rulesFor(allowed, entity).flatMap(({ lifecycles, types }) => [
      ...notAllowed('lifecycle', lifecycle, lifecycles),
      ...notAllowed('type', type, types),
    ]),
  ];
}

function rulesFor<T>(rules: Record<string, T>, { kind }: JsonObject): T[] {
  return Object.entries(rules)
    .filter(
      ([name]) =>
        name === '*' || name.toLowerCase() === `${kind}`.toLowerCase(),
    )
    .map(([, rule]) => rule);
}

/** Annotations of another type are told as such. */
function missingAnnotations(
  annotations: JsonValue | undefined,
  required: string[],
): FileFault[] {
  const present = annotations ?? {};
  return isObject(present)
    ? required
        .filter(key => {
          const value = Object.hasOwn(present, key) ? present[key] : undefined;
          return value === undefined || `${value}`.trim() === '';
        })
        .map(key => ({
          code: 'annotation-missing',
          path: fieldPath('metadata.annotations', key),
          reason: `is ${
            Object.hasOwn(present, key) ? 'empty' : 'missing'
          }, and .catalog-check.yaml requires it`,
        }))
    : [];
}

function missingTags(
  tags: JsonValue | undefined,
  required: string[],
): FileFault[] {
  const present = tags ?? [];
  const missing = Array.isArray(present)
    ? required.filter(tag => !present.includes(tag))
    : [];
  return missing.length
    ? [
        {
          code: 'tag-missing',
          path: 'metadata.tags',
          reason: `lacks ${missing
            .map(quoteValue)
            .join(', ')}, which .catalog-check.yaml requires`,
        },
      ]
    : [];
}

/** What is missing is for the schema to tell. */
function notAllowed(
  field: 'lifecycle' | 'type',
  value: JsonValue | undefined,
  allowed: string[] | undefined,
): FileFault[] {
  return allowed && typeof value === 'string' && !allowed.includes(value)
    ? [
        {
          code: `${field}-not-allowed`,
          path: `spec.${field}`,
          reason: `is ${quoteValue(
            value,
          )}, and .catalog-check.yaml allows ${allowed
            .map(quoteValue)
            .join(', ')}`,
        },
      ]
    : [];
}
