import type { SchedulerServiceTaskScheduleDefinition } from '@backstage/backend-plugin-api';
import type { JsonObject } from '@backstage/types';

/** What one source under `catalog.customData.sources` is set to, every default filled in. */
export interface SourceSettings {
  /** The key in the configuration: `[a-z0-9-]`, at most 63 characters. */
  name: string;
  title?: string;
  /** Entity ref of whom to ask about this integration. */
  owner?: string;
  /** Absolute http(s) URL of the list. */
  url: string;
  /** URL of a single record, with `{id}` where the encoded record id goes. */
  recordUrl: string;
  headers: Record<string, string>;
  /** JSONata that finds the list inside an answer; without it the answer is the list. */
  records?: string;
  /** JSONata that names a record for good. */
  id: string;
  /** One template for each entity that a record gives. */
  entity: JsonObject[];
  schedule: SchedulerServiceTaskScheduleDefinition;
  /** When a full mutation is applied, whatever the hashes say. */
  reconcile: SchedulerServiceTaskScheduleDefinition;
  backoff: BackoffSettings;
  removals: RemovalSettings;
  /** Entity kinds that this source may emit, as the catalog spells them. */
  kinds: string[];
  namespaces: string[];
  /** Origins (location refs, `*` allowed) whose `custom-data` locations may read this source. */
  locations: { allow: string[] };
  /** Whether the list is polled at all; `false` for a source that only serves locations. */
  poll: boolean;
  paused: boolean;
  request: RequestSettings;
}

export interface BackoffSettings {
  initialMs: number;
  maxMs: number;
}

export interface RemovalSettings {
  /** Share of a source's entities, 0 to 1, that one run may remove. */
  maxRatio: number;
  /** Removals up to this count are never held for their ratio. */
  minCount: number;
}

export interface RequestSettings {
  /** Time for one answer, from the request to its last byte. */
  timeoutMs: number;
  maxBytes: number;
  /** How deep objects and arrays of an answer may nest. */
  maxDepth: number;
}

/** What one sender under `catalog.customData.webhooks` is set to. */
export interface SenderSettings {
  name: string;
  dialect: 'catalog';
  secrets: SenderSecret[];
  /** Template of the entity ref that an event is about, with `{service}`. */
  entity: string;
  /** What `catalog_refresh` fetches; without it, the record that gave the entity. */
  record?: { source: string; id: string };
  /** Service names that differ from the entity's, or did: from event to entity. */
  aliases: Record<string, string>;
}

export interface SenderSecret {
  id: string;
  secret: string;
}

/** A source or sender that does nothing because of how it is configured (design rule 8). */
export interface Misconfigured {
  name: string;
  /** The configuration key at fault, from the root. */
  key: string;
  /** What is wrong and what to try; never a secret. */
  reason: string;
}

export interface CustomDataSettings {
  sources: SourceSettings[];
  misconfiguredSources: Misconfigured[];
  senders: SenderSettings[];
  misconfiguredSenders: Misconfigured[];
  /** Faults of the block itself, such as an unknown key at its top. */
  faults: Misconfigured[];
  /** Whether a misconfiguration stops the backend from starting. */
  strict: boolean;
  /** Replaces the catalog's allowed location types where set. */
  allowedLocationTypes?: string[];
}
