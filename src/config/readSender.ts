import type { SenderSettings } from '../model/settings';
import { parse, type ConfigPath, type Parsed } from './fault';
import { findNameFaults } from './names';
import { senderBlock } from './senderBlock';

/** Reads what stands at `path`, or finds everything that is wrong with it. */
export function readSender(options: {
  name: string;
  value: unknown;
  path: ConfigPath;
  /** The names of all sources, those that are misconfigured included. */
  sourceNames: readonly string[];
}): Parsed<SenderSettings> {
  const { name, value, path, sourceNames } = options;
  const parsed = parse(senderBlock(sourceNames), value, path);
  const faults = [
    ...findNameFaults(name, path),
    ...(parsed.type === 'faulty' ? parsed.faults : []),
  ];
  return parsed.type === 'ok' && faults.length === 0
    ? { type: 'ok', value: { ...parsed.value, name } }
    : { type: 'faulty', faults };
}
