import type { JsonObject } from '@backstage/types';
import { fieldPath } from '../lib/fieldPath';
import type { Fault } from './fault';
import { isObject } from './plainCopy';

const ROOT_FIELDS = ['apiVersion', 'kind', 'metadata', 'spec'];
const OWNED_BY_CATALOG = ['uid', 'etag'];

/** Fields that the catalog fills itself, and root fields that it does not know. */
export function reservedFaults(entity: JsonObject): Fault[] {
  const metadata = isObject(entity.metadata) ? entity.metadata : {};
  return [
    ...Object.keys(entity)
      .filter(field => !ROOT_FIELDS.includes(field))
      .map(field => reserved(fieldPath('', field))),
    ...OWNED_BY_CATALOG.filter(field => Object.hasOwn(metadata, field)).map(
      field => reserved(fieldPath('metadata', field)),
    ),
  ];
}

function reserved(path: string): Fault {
  return {
    code: 'entity-invalid',
    path,
    reason: 'cannot be set from outside the catalog; leave it out',
  };
}
