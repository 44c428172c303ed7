import { DEFAULT_ENTITY, DEFAULT_ID } from './entities';
import { type ConfigPath, parse, type Parsed } from './fault';
import { findNameFaults } from './names';
import { fillSchedules } from './schedules';
import type { SourceSettings } from './settings';
import { sourceBlock, type SourceBlock } from './sourceBlock';
import { findFaultsAcrossKeys } from './sourceFaults';
import { defaultRecordUrl, ID } from './urls';

/** Reads what stands at `path`, or finds everything that is wrong with it. */
export function readSource(options: {
  name: string;
  value: unknown;
  path: ConfigPath;
}): Parsed<SourceSettings> {
  const { name, value, path } = options;
  const parsed = parse(sourceBlock(value), value, path);
  const faults = [
    ...findNameFaults(name, path),
    ...(parsed.type === 'faulty' ? parsed.faults : []),
    ...findFaultsAcrossKeys(value, path),
  ];
  return parsed.type === 'ok' && faults.length === 0
    ? { type: 'ok', value: toSettings(name, parsed.value) }
    : { type: 'faulty', faults };
}

function toSettings(name: string, block: SourceBlock): SourceSettings {
  const { schedule, reconcile, ...rest } = block;
  const templates = block.transformer === undefined ? [DEFAULT_ENTITY] : [];
  return {
    ...rest,
    ...fillUrls(name, block),
    ...fillSchedules({ schedule, reconcile }),
    name,
    id: block.id ?? DEFAULT_ID,
    entity: block.entity ?? templates,
    requiredAnnotations: [...new Set(block.requiredAnnotations)],
    kinds: [...new Set(block.kinds)],
    namespaces: [...new Set(block.namespaces)],
  };
}

/** A custom source has no URL; what takes its place says whose records they are. */
function fillUrls(
  name: string,
  block: SourceBlock,
): Pick<SourceSettings, 'url' | 'recordUrl'> {
  if (block.type === 'custom') {
    const url = `custom-data:${name}`;
    return { url, recordUrl: `${url}/${ID}` };
  }
  const { url, recordUrl } = block;
  return { url, recordUrl: recordUrl ?? defaultRecordUrl(url) };
}
