import { type ConfigPath, parse, type Parsed } from './fault';
import { findNameFaults } from './names';
import { senderBlock, type SenderBlock } from './senderBlock';
import { parseEntityTemplate } from './senderEntity';
import { findSenderFaults } from './senderFaults';
import type { SenderSettings } from './settings';

/** Reads what stands at `path`, or finds everything that is wrong with it. */
export function readSender(options: {
  name: string;
  value: unknown;
  path: ConfigPath;
  /** The names of all sources, those that are misconfigured included. */
  sourceNames: readonly string[];
}): Parsed<SenderSettings> {
  const { name, value, path, sourceNames } = options;
  const parsed = parse(senderBlock(value, sourceNames), value, path);
  const faults = [
    ...findNameFaults(name, path),
    ...(parsed.type === 'faulty' ? parsed.faults : []),
    ...findSenderFaults(value, path),
  ];
  return parsed.type === 'ok' && faults.length === 0
    ? { type: 'ok', value: toSettings(name, parsed.value) }
    : { type: 'faulty', faults };
}

function toSettings(name: string, block: SenderBlock): SenderSettings {
  const { timeWindow, namespaces, ...rest } = block;
  const own = parseEntityTemplate(block.entity).namespace;
  return {
    ...rest,
    name,
    timeWindowMs: timeWindow,
    namespaces: [...new Set(namespaces ?? [own])],
  };
}
