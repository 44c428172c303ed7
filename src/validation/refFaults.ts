import {
  DEFAULT_NAMESPACE,
  parseEntityRef,
  stringifyEntityRef,
} from '@backstage/catalog-model';
import type { JsonObject, JsonValue } from '@backstage/types';
import { RELATION_FIELDS } from '../config/guardedFields';
import { fieldPath, isObject } from '../lib/values';
import type { Fault } from './faults';

/** Of a ref: the columns of the catalog's relations on PostgreSQL hold no more. */
export const MAX_REF_LENGTH = 255;

/** Refs that the catalog cannot store: it takes the entity, and never shows it. */
export function refFaults({ metadata, spec }: JsonObject): Fault[] {
  const { namespace } = isObject(metadata) ? metadata : {};
  const defaultNamespace =
    typeof namespace === 'string' ? namespace : DEFAULT_NAMESPACE;
  const fields = isObject(spec) ? spec : {};
  return RELATION_FIELDS.flatMap(path => {
    const value = fields[path.slice('spec.'.length)];
    if (!Array.isArray(value)) {
      return refFault(value, path, defaultNamespace);
    }
    return value.flatMap((item, index) =>
      refFault(item, fieldPath(path, index), defaultNamespace),
    );
  });
}

function refFault(
  value: JsonValue | undefined,
  path: string,
  defaultNamespace: string,
): Fault[] {
  // A short text is a short ref, whatever the catalog fills in.
  const length =
    typeof value === 'string' && value.length > MAX_REF_LENGTH / 3
      ? lengthOf(value, defaultNamespace)
      : 0;
  return length > MAX_REF_LENGTH
    ? [
        {
          code: 'entity-invalid',
          path,
          reason: `is a ref of ${length} characters, and PostgreSQL stores at most ${MAX_REF_LENGTH}`,
          advice: '$slug(…) makes a short name',
        },
      ]
    : [];
}

function lengthOf(text: string, defaultNamespace: string): number {
  try {
    return stringifyEntityRef(
      // The longest of the kinds that the catalog fills in.
      parseEntityRef(text, { defaultKind: 'Component', defaultNamespace }),
    ).length;
  } catch {
    return text.length;
  }
}
