import type { HumanDuration, JsonObject, JsonValue } from '@backstage/types';
import type { BackoffSettings } from '../lib/backoff';

/** What one source under `catalog.customData.sources` is set to, every default filled in. */
export interface SourceSettings {
  /** The key in the configuration: `[a-z0-9-]`, at most 63 characters. */
  name: string;
  /**
   * Asked over HTTP, or read by code that was added under its name. Then `url`
   * is `custom-data:<name>`, `recordUrl` the same and `/{id}`, and what else a
   * request is made from stands at its default.
   */
  type: 'http' | 'custom';
  title?: string;
  /** Entity ref of whom to ask about this integration. */
  owner?: string;
  /** Absolute http(s) URL of the list. */
  url: string;
  /** URL of a single record, with `{id}` where the encoded record id goes. */
  recordUrl: string;
  /** How the list is asked for; a single record is always a GET. */
  method: 'GET' | 'POST';
  /** What a POST sends: an object as JSON, a string as it stands. */
  body?: JsonObject | string;
  /** Parameters added to `url` and to the URL of each page. */
  query?: Record<string, string | string[]>;
  headers: Record<string, string>;
  auth?: AuthSettings;
  pagination: PaginationSettings;
  /** JSONata that finds the list inside an answer; without it the answer is the list. */
  records?: string;
  /** JSONata that names a record for good. */
  id: string;
  /** One template for each entity that a record gives. */
  entity: JsonObject[];
  /** Name of the transformer that maps in code, in place of `entity`. */
  transformer?: string;
  /** JSONata; a record for which it is not true gives no entity. */
  when?: string;
  /** Look-up tables for expressions, by name. */
  tables: Record<string, Record<string, JsonValue>>;
  /** JSON Schema that each record has to conform to, or the path of its file. */
  schema?: JsonObject | string;
  /** Annotations that each entity has to have. */
  requiredAnnotations: string[];
  /** What becomes of records whose relations close a cycle. */
  cycles: 'report' | 'reject' | 'ignore';
  /** Whether refs that somebody else has in the catalog are taken over. */
  takeover: boolean;
  schedule: ScheduleSettings;
  /** When all entities are given to the catalog, whatever the hashes say. */
  reconcile: ScheduleSettings;
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

/** When a task runs, how long it may take, and how long it waits at the start. */
export interface ScheduleSettings {
  frequency: { cron: string } | { trigger: 'manual' } | HumanDuration;
  timeout: HumanDuration;
  initialDelay?: HumanDuration;
}

export interface RemovalSettings {
  /** Share of a source's entities, 0 to 1, that one run may remove. */
  maxRatio: number;
  /** Removals up to this count are never held for their ratio. */
  minCount: number;
}

export interface RequestSettings {
  /** Time for one answer, from the request to its last byte, without what its reader takes in between. */
  timeoutMs: number;
  maxBytes: number;
  /** How deep objects and arrays of an answer may nest. */
  maxDepth: number;
  /** How often a request that failed in passing is repeated within a run. */
  retries: number;
  /** Requests of this source under way at once, in this process. */
  concurrency: number;
  /** Of this source, in this process; without it as many as come. */
  requestsPerSecond?: number;
}

export type AuthSettings =
  | { type: 'basic'; username: string; password: string }
  | { type: 'bearer'; token: string }
  | OAuth2Settings;

/** Client credentials (RFC 6749, section 4.4). */
export interface OAuth2Settings {
  type: 'oauth2';
  tokenUrl: string;
  clientId: string;
  clientSecret: string;
  scope?: string;
  audience?: string;
}

/** How a list comes in pages. */
export type PaginationSettings =
  | { type: 'none' }
  | LinkPagination
  | CursorPagination
  | PagePagination
  | OffsetPagination;

interface PageBounds {
  /** Name of the query parameter that asks for `pageSize`; without it none does. */
  sizeParameter?: string;
  /** Records to ask for on a page. */
  pageSize?: number;
  /** A list of more pages is an error. */
  maxPages: number;
}

/** A `Link` header with `rel="next"` (RFC 8288), or a link in the answer. */
export interface LinkPagination extends PageBounds {
  type: 'link';
  /** JSONata that finds the next page's URL in an answer, in place of the header. */
  next?: string;
}

export interface CursorPagination extends PageBounds {
  type: 'cursor';
  /** JSONata that finds the next page's cursor in an answer; nothing ends the list. */
  next: string;
  /** Name of the query parameter that takes the cursor. */
  parameter: string;
}

export interface PagePagination extends PageBounds {
  type: 'page';
  parameter: string;
  /** Number of the first page. */
  first: number;
}

export interface OffsetPagination extends PageBounds {
  type: 'offset';
  parameter: string;
  pageSize: number;
}

/** Formats of headers and body. */
export const DIALECTS = ['catalog', 'standard-webhooks'] as const;

export type DialectName = (typeof DIALECTS)[number];

/** What one sender under `catalog.customData.webhooks` is set to. */
export interface SenderSettings {
  name: string;
  dialect: DialectName;
  secrets: SenderSecret[];
  /** Whether a request has to bring a time that is signed along; Standard Webhooks always does. */
  requireTimestamp: boolean;
  /** How far that time may be from ours, either way, in milliseconds. */
  timeWindowMs: number;
  /** Networks that it sends from, as CIDR blocks of IPv4 and IPv6; without it, any. */
  allowFrom?: string[];
  /** Whose `X-Forwarded-For` is believed: so many hops, proxies in these networks, or nobody's. */
  trustProxy: number | string[] | false;
  /** How many requests it may send in a time, by address of the caller, on each backend process. */
  rateLimit: { requests: number; windowMs: number };
  /** How many of its requests are worked on at once, on each backend process. */
  concurrency: number;
  /** Largest body that is read, in bytes. */
  maxBodyBytes: number;
  /** Whether what it sends is turned away, with 503. */
  paused: boolean;
  /** Namespaces of entities that it may touch. */
  namespaces: string[];
  /** Globs of services that it may tell of (`*` for any text), in lower case; without it, any. */
  services?: string[];
  /** Environments that it may tell of; without it, any. */
  environments?: string[];
  /** Template of the entity ref that an event is about, with `{service}`. */
  entity: string;
  /** What `catalog_refresh` fetches; without it, the record that gave the entity. */
  record?: { source: string; id: string };
  /** Service names that differ from the entity's, or did: from event to entity. */
  aliases: Record<string, string>;
}

export interface SenderSecret {
  id: string;
  /** The bytes of the HMAC's key; of a `whsec_` secret, what its base64 stands for. */
  key: Uint8Array;
  /** Not good before. */
  notBefore?: Date;
  /** No longer good from then on. */
  notAfter?: Date;
  /** When it should have been replaced: still good, and reported. */
  rotateBy?: Date;
}

/** How long things are kept, in milliseconds. */
export interface RetentionSettings {
  /** Deliveries that are settled, with payload and attempts; at least 7 days, since a repeat is known by them. */
  deliveriesMs: number;
  /** Runs of sources that ended. */
  runsMs: number;
  /** The history of deployments; what runs now stays. */
  deploymentsMs: number;
}

/** A source or sender that does nothing because of how it is configured (design rule 8). */
export interface Misconfigured {
  name: string;
  /** The configuration key at fault, from the root. */
  key: string;
  /** What is wrong and what to try; never a secret. */
  reason: string;
}

/** Its deployments are still shown: they happened. */
export type MisconfiguredSender = Misconfigured &
  Pick<SenderSettings, 'entity' | 'aliases'>;

export interface CustomDataSettings {
  sources: SourceSettings[];
  misconfiguredSources: Misconfigured[];
  senders: SenderSettings[];
  misconfiguredSenders: MisconfiguredSender[];
  /** Faults of the block itself, such as an unknown key at its top. */
  faults: Misconfigured[];
  /** Whether signed-in users may write over the API where the permission framework is off. */
  allowUserWrites: boolean;
  /** Whether a misconfiguration stops the backend from starting. */
  strict: boolean;
  /** Replaces the catalog's allowed location types where set. */
  allowedLocationTypes?: string[];
  retention: RetentionSettings;
}
