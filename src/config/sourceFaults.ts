import type { ConfigPath, Fault } from './fault';
import { describeUnsafeRecords } from './pagination';
import { describeOtherOrigin } from './urls';
import { isObject } from './values';

/**
 * What is wrong with keys of a source beside one another. On the raw value, so
 * that it is found beside the faults of single keys.
 */
export function findFaultsAcrossKeys(
  value: unknown,
  path: ConfigPath,
): Fault[] {
  if (!isObject(value)) {
    return [];
  }
  const reasons = {
    ...findMappingFaults(value),
    ...(value.type === 'custom' ? {} : findRequestFaults(value)),
  };
  return Object.entries(reasons).flatMap(([key, reason]) =>
    reason === undefined ? [] : [{ path: [...path, key], reason }],
  );
}

type Raw = Record<string, unknown>;
type Reasons = Record<string, string | undefined>;

function findMappingFaults(raw: Raw): Reasons {
  const { id, entity, transformer, tables } = raw;
  const isGiven = (value: unknown) => value !== undefined;
  return {
    id:
      (isGiven(entity) || isGiven(transformer)) && !isGiven(id)
        ? `is missing; with ${
            isGiven(entity) ? 'an entity' : 'a transformer'
          } of your own, choose what names a record for good, such as "serviceId"`
        : undefined,
    transformer:
      isGiven(transformer) && isGiven(entity)
        ? 'stands beside entity, which it would replace; remove one of the two'
        : undefined,
    tables:
      isGiven(tables) && !mayUseTables(raw)
        ? 'are for expressions, and there is none that could use them; write one into entity or when, such as $fromTable("owners", team), or remove the tables'
        : undefined,
  };
}

/** What is left to its default uses none, and a path alone cannot. */
function mayUseTables({ entity, when, id, records, pagination }: Raw): boolean {
  const next = isObject(pagination) ? pagination.next : undefined;
  return (
    [entity, when].some(value => value !== undefined) ||
    [id, records, next].some(value => String(value).includes('$fromTable'))
  );
}

function findRequestFaults(raw: Raw): Reasons {
  const { url, recordUrl, method, body, auth, headers } = raw;
  const headerNames = isObject(headers) ? Object.keys(headers) : [];
  return {
    recordUrl:
      typeof url === 'string' && typeof recordUrl === 'string'
        ? describeOtherOrigin(url, recordUrl)
        : undefined,
    records: describeUnsafeRecords(raw.pagination, raw.records),
    body:
      body !== undefined && method !== 'POST'
        ? 'is only sent with "method: POST"; set that, or remove it'
        : undefined,
    auth:
      auth !== undefined &&
      headerNames.some(name => name.toLowerCase() === 'authorization')
        ? 'stands beside a header Authorization, which is the same thing; remove one of the two'
        : undefined,
  };
}
