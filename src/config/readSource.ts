import type { SourceSettings } from '../model/settings';
import { DEFAULT_ENTITY, DEFAULT_ID } from './entities';
import { parse, type ConfigPath, type Fault, type Parsed } from './fault';
import { findNameFaults } from './names';
import { describeUnsafeRecords } from './pagination';
import { fillSchedules } from './schedules';
import { sourceBlock, type SourceBlock } from './sourceBlock';
import { defaultRecordUrl, describeOtherOrigin } from './urls';
import { isObject } from './values';

/** Reads what stands at `path`, or finds everything that is wrong with it. */
export function readSource(options: {
  name: string;
  value: unknown;
  path: ConfigPath;
}): Parsed<SourceSettings> {
  const { name, value, path } = options;
  const parsed = parse(sourceBlock, value, path);
  const faults = [
    ...findNameFaults(name, path),
    ...(parsed.type === 'faulty' ? parsed.faults : []),
    ...findFaultsAcrossKeys(value, path),
  ];
  return parsed.type === 'ok' && faults.length === 0
    ? { type: 'ok', value: toSettings(name, parsed.value) }
    : { type: 'faulty', faults };
}

/** On the raw value, so that they are found beside the faults of single keys. */
function findFaultsAcrossKeys(value: unknown, path: ConfigPath): Fault[] {
  if (!isObject(value)) {
    return [];
  }
  const faults: Fault[] = [];
  const { url, recordUrl, entity, id } = value;
  if (typeof url === 'string' && typeof recordUrl === 'string') {
    const reason = describeOtherOrigin(url, recordUrl);
    if (reason) {
      faults.push({ path: [...path, 'recordUrl'], reason });
    }
  }
  if (entity !== undefined && id === undefined) {
    const reason =
      'is missing; with an entity of your own, choose what names a record for good, such as "serviceId"';
    faults.push({ path: [...path, 'id'], reason });
  }
  const unsafe = describeUnsafeRecords(value.pagination, value.records);
  if (unsafe) {
    faults.push({ path: [...path, 'records'], reason: unsafe });
  }
  return [...faults, ...findRequestFaults(value, path)];
}

function findRequestFaults(
  value: Record<string, unknown>,
  path: ConfigPath,
): Fault[] {
  const { method, body, auth, headers } = value;
  const faults: Fault[] = [];
  if (body !== undefined && method !== 'POST') {
    const reason = 'is only sent with "method: POST"; set that, or remove it';
    faults.push({ path: [...path, 'body'], reason });
  }
  const names = isObject(headers) ? Object.keys(headers) : [];
  if (
    auth !== undefined &&
    names.some(name => name.toLowerCase() === 'authorization')
  ) {
    const reason =
      'stands beside a header Authorization, which is the same thing; remove one of the two';
    faults.push({ path: [...path, 'auth'], reason });
  }
  return faults;
}

function toSettings(name: string, block: SourceBlock): SourceSettings {
  const { schedule, reconcile, ...rest } = block;
  return {
    ...rest,
    ...fillSchedules({ schedule, reconcile }),
    name,
    recordUrl: block.recordUrl ?? defaultRecordUrl(block.url),
    id: block.id ?? DEFAULT_ID,
    entity: block.entity ?? [DEFAULT_ENTITY],
    kinds: [...new Set(block.kinds)],
    namespaces: [...new Set(block.namespaces)],
  };
}
