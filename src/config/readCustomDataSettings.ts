import type { RootConfigService } from '@backstage/backend-plugin-api';
import type { Config } from '@backstage/config';
import { findDuplicates } from './duplicates';
import {
  type ConfigPath,
  formatKey,
  type Parsed,
  toMisconfigured,
} from './fault';
import { readSender } from './readSender';
import { readSource } from './readSource';
import { readAudience } from './senderTemplates';
import type {
  CustomDataSettings,
  Misconfigured,
  SourceSettings,
} from './settings';
import { readTopBlock } from './topBlock';
import { quote } from './values';

const ROOT = ['catalog', 'customData'];

/**
 * Reads the block `catalog.customData`. What is misconfigured is listed beside
 * the rest, does nothing, and stops nothing else. What `strict` makes of it is
 * for the caller to decide (`refusalOf`).
 */
export function readCustomDataSettings(
  config: RootConfigService | Config,
): CustomDataSettings {
  const raw = config.getOptional(ROOT.join('.'));
  const { block, faults } = readTopBlock(raw, ROOT);
  const sources = readSources(block.sources);
  const sourceNames = Object.keys(block.sources);
  const senders = readEach(block.webhooks, [...ROOT, 'webhooks'], entry =>
    readSender({ ...entry, sourceNames }),
  );
  return {
    sources: sources.read,
    misconfiguredSources: sources.misconfigured,
    senders: senders.read,
    misconfiguredSenders: senders.misconfigured.map(sender => ({
      ...sender,
      ...readAudience(block.webhooks[sender.name]),
    })),
    faults: faults.map(fault =>
      toMisconfigured({ name: 'customData', path: ROOT, faults: [fault] }),
    ),
    allowUserWrites: block.allowUserWrites,
    strict: block.strict,
    allowedLocationTypes: block.allowedLocationTypes,
    retention: block.retention,
  };
}

interface ReadEntries<T> {
  read: T[];
  misconfigured: Misconfigured[];
}

function readSources(
  entries: Record<string, unknown>,
): ReadEntries<SourceSettings> {
  const path = [...ROOT, 'sources'];
  const { read, misconfigured } = readEach(entries, path, readSource);
  const duplicates = findDuplicates(read);
  return {
    read: read.filter(({ name }) => !duplicates.has(name)),
    misconfigured: [
      ...misconfigured,
      ...[...duplicates].map(([name, earlier]) => ({
        name,
        key: formatKey([...path, name]),
        reason: `reads the same as ${quote(
          earlier,
        )}: what it requests and how it maps are equal; remove one of the two, or give each a "when" of its own`,
      })),
    ],
  };
}

function readEach<T>(
  entries: Record<string, unknown>,
  path: ConfigPath,
  readOne: (entry: {
    name: string;
    value: unknown;
    path: ConfigPath;
  }) => Parsed<T>,
): ReadEntries<T> {
  const result: ReadEntries<T> = { read: [], misconfigured: [] };
  for (const [name, value] of Object.entries(entries)) {
    const entryPath = [...path, name];
    const parsed = readOne({ name, value, path: entryPath });
    if (parsed.type === 'ok') {
      result.read.push(parsed.value);
    } else {
      const { faults } = parsed;
      result.misconfigured.push(
        toMisconfigured({ name, path: entryPath, faults }),
      );
    }
  }
  return result;
}
