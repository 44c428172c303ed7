import type { JsonObject } from '@backstage/types';
import type { z } from 'zod';
import { canonicalJson } from '../lib/canonicalJson';
import { isObject, quoteValue } from '../lib/values';
import { fillReconcile } from './durations';
import { DEFAULT_TEMPLATE } from './entities';
import type { Parsed } from './messages';
import { type Entry, readEntry } from './primitives';
import { defaultRecordUrl, describeRequestConflicts } from './request';
import { source, type SourceSettings } from './source';

/** Reads one source, or finds everything that is wrong with it. */
export function readSource(
  entry: Entry,
  earlier: SourceSettings[] = [],
): Parsed<SourceSettings> {
  const parsed = readEntry(entry, source, describeConflicts);
  if (parsed.type === 'faulty') {
    return parsed;
  }
  const value = toSettings(entry.name, parsed.value);
  const same = earlier.find(other => readsTheSame(other, value));
  if (!same) {
    return { type: 'ok', value };
  }
  const reason = `reads the same as ${quoteValue(
    same.name,
  )}: what it requests and how it maps are equal; remove one of the two, or give each a "when" of its own`;
  return { type: 'faulty', faults: [{ path: entry.path, reason }] };
}

function toSettings(
  name: string,
  value: z.output<typeof source>,
): SourceSettings {
  // Only an API has a URL. This one tells the records of others apart.
  const { url, recordUrl = defaultRecordUrl(url) } =
    value.type === 'http' ? value : { url: `custom-data:${name}` };
  const isMapped = value.type !== 'push' && value.transformer === undefined;
  return {
    ...value,
    name,
    url,
    recordUrl,
    entity: value.entity ?? (isMapped ? [DEFAULT_TEMPLATE] : []),
    reconcile: fillReconcile(value.reconcile, value.schedule),
  };
}

type Reasons = Record<string, string | undefined>;

/**
 * What is wrong with the combination of keys. It reads the raw value, so that it
 * is reported together with the faults of single keys.
 */
export function describeConflicts(raw: JsonObject): Reasons {
  if (raw.type === 'push') {
    return {};
  }
  return {
    ...describeMappingConflicts(raw),
    ...(raw.type === 'custom' ? {} : describeRequestConflicts(raw)),
  };
}

function describeMappingConflicts(raw: JsonObject): Reasons {
  const { id, entity, transformer, tables } = raw;
  const isGiven = (value: unknown) => value !== undefined;
  return {
    id:
      (isGiven(entity) || isGiven(transformer)) && !isGiven(id)
        ? `is missing; with ${
            isGiven(entity) ? 'an entity' : 'a transformer'
          } of your own, choose what gives the permanent id of a record, such as "serviceId"`
        : undefined,
    transformer:
      isGiven(transformer) && isGiven(entity)
        ? 'cannot be used with entity, which it would replace; remove one of the two'
        : undefined,
    tables:
      isGiven(tables) && !mayUseTables(raw)
        ? 'are for expressions, and there is none that could use them; write one into entity or when, such as $fromTable("owners", team), or remove the tables'
        : undefined,
  };
}

/** An expression that is left to its default uses no tables, and neither does a plain path. */
function mayUseTables({
  entity,
  when,
  id,
  records,
  complete,
  pagination,
}: JsonObject): boolean {
  const next = isObject(pagination) ? pagination.next : undefined;
  return (
    [entity, when].some(value => value !== undefined) ||
    [id, records, complete, next].some(value =>
      String(value).includes('$fromTable'),
    )
  );
}

/**
 * Whether two sources read the same records in the same way: they would fight
 * over every entity. Custom sources do not count: only their code knows what
 * they read.
 */
export function readsTheSame(
  one: SourceSettings,
  other: SourceSettings,
): boolean {
  return (
    one.type === 'http' &&
    other.type === 'http' &&
    one.url === other.url &&
    identify(one) === identify(other)
  );
}

function identify(settings: SourceSettings): string {
  const { method, body, query, auth, records } = settings;
  const { id, entity, transformer, when, tables } = settings;
  const headers = Object.entries(settings.headers).map(([name, value]) => [
    name.toLowerCase(),
    value,
  ]);
  return canonicalJson({
    request: { method, body, query, auth, headers: headers.sort() },
    mapping: { records, id, entity, transformer, when, tables },
  });
}
