/*
 * What stands in the registry of integrations: everything that writes to the
 * catalog, or changes what it shows.
 */
import type { Severity } from './findings';

export interface IntegrationCredential {
  id: string;
  firstSeenAt: string;
  ageDays: number;
  /** When it should be replaced. */
  dueAt: string;
  isDue: boolean;
  /** Of the secret of a sender. */
  lastUsedAt?: string;
}

export interface Finding {
  code: string;
  severity: Severity;
  message: string;
}

/** Times are ISO 8601 in UTC. */
export interface Integration {
  type: 'source' | 'sender' | 'processor';
  name: string;
  title?: string;
  owner?: string;
  purpose?: string;
  state: string;
  /** What it may write. */
  kinds: string[];
  namespaces: string[];
  credentials: IntegrationCredential[];
  lastSuccessAt?: string;
  freshness?: { ageSeconds: number; expectedSeconds: number; isStale: boolean };
  counts: Record<string, number>;
  problems: { errors: number; warnings: number };
  findings: Finding[];
}
