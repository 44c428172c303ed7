import type { JsonObject } from '@backstage/types';
import { canonicalJson } from '../../lib/canonicalJson';

/** A snapshot of entities. Their lines are read by `readSnapshotLines`. */
export interface Snapshot {
  id: string;
  /** Whose entities it has; those of all sources and of other owners by default. */
  source?: string;
  /** Of which namespace; of all by default. */
  namespace?: string;
  /** `imported`: from a file. What such a file lacks is unknown, not gone. */
  origin: 'taken' | 'imported';
  reason: string;
  by: string;
  /** ISO 8601 in UTC. */
  createdAt: string;
  count: number;
  /** SHA-256 of its lines. */
  digest: string;
}

/** An entity in a snapshot. Without `source`, another owner gives it. */
export interface SnapshotItem {
  entityRef: string;
  entity: JsonObject;
  source?: string;
  recordId?: string;
  /** Under which another owner gives it, if under any. */
  locationKey?: string;
}

/** The line of an entity: canonical, so that a digest holds however a file is written. */
export function toLine(item: SnapshotItem): string {
  return canonicalJson(item);
}

/** The same, of a row whose entity is canonical JSON already. */
export function toGivenLine(row: {
  entity: string;
  entity_ref: string;
  record_id: string;
  source: string;
}): string {
  const [ref, recordId, source] = [
    row.entity_ref,
    row.record_id,
    row.source,
  ].map(text => JSON.stringify(text));
  return `{"entity":${row.entity},"entityRef":${ref},"recordId":${recordId},"source":${source}}`;
}
