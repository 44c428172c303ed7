import type { JsonObject } from '@backstage/types';
import { fieldPath } from '../lib/fieldPath';
import { catalogRules } from './catalogRules';
import { type Fault, shown } from './fault';

export function tagFaults(metadata: JsonObject): Fault[] {
  const { tags } = metadata;
  if (!Array.isArray(tags)) {
    return [];
  }
  return tags.flatMap((tag, index) =>
    catalogRules.isValidTag(tag)
      ? []
      : {
          code: 'entity-invalid',
          path: fieldPath('metadata.tags', index),
          reason:
            'is not a tag; use a-z, 0-9, ":", "+" and "#" with "-" between them, at most 63 characters; $lowercase and $replace can make one',
          value: shown(tag),
        },
  );
}
