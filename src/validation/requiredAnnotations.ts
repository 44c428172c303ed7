import type { JsonObject } from '@backstage/types';
import { fieldPath } from '../lib/fieldPath';
import type { Fault } from './fault';
import { isObject } from './plainCopy';

/** Annotations that the source asks of each entity, and that an entity does not have. */
export function missingAnnotations(
  metadata: JsonObject,
  required: string[],
): Fault[] {
  const annotations = isObject(metadata.annotations)
    ? metadata.annotations
    : {};
  return required.flatMap(key => {
    const value = Object.hasOwn(annotations, key)
      ? annotations[key]
      : undefined;
    const isBlank = typeof value === 'string' && value.trim() === '';
    return value === undefined || isBlank
      ? {
          code: 'annotation-missing',
          path: fieldPath('metadata.annotations', key),
          reason: `is ${
            isBlank ? 'empty' : 'missing'
          }, and "requiredAnnotations" of the source asks for it; set it in the entity template, from what every record has`,
        }
      : [];
  });
}
