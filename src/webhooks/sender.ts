/** Why a request could not be verified: for the operator, never for the caller. */
export type RejectionCode =
  | 'sender-unknown'
  | 'network-not-allowed'
  | 'signature-missing'
  | 'signature-repeated'
  | 'signature-malformed'
  | 'signature-upper-case'
  | 'signature-base64'
  | 'signature-wrong'
  | 'id-missing'
  | 'id-malformed'
  | 'timestamp-missing'
  | 'timestamp-malformed'
  | 'clock-behind'
  | 'clock-ahead'
  | 'secret-not-yet-valid'
  | 'secret-expired'
  | 'trailing-newline-signed'
  | 'trailing-newline-not-signed'
  | 'literal-placeholder-signed'
  | 'empty-body-signed'
  | 'timestamp-not-signed';

/** Why a verified request was not taken. */
export type RefusalCode =
  | 'namespace-not-allowed'
  | 'service-not-allowed'
  | 'environment-not-allowed'
  | 'sender-paused'
  | 'not-valid'
  | 'not-stored';

/** What people see of a sender. Times are ISO 8601 in UTC. */
export interface SenderReport {
  name: string;
  state: 'active' | 'paused' | 'misconfigured';
  /** Of a misconfigured one. */
  reason?: string;
  dialect?: string;
  entity: string;
  /** Undefined where the configuration pauses it. */
  paused?: { by?: string; at?: string };
  secrets: Array<{
    id: string;
    state: 'valid' | 'not-yet-valid' | 'expired';
    notBefore?: string;
    notAfter?: string;
    rotateBy?: string;
    /** Whether `rotateBy` has passed. */
    overdue: boolean;
    /** When a delivery was last signed with it, to within a minute. */
    lastUsedAt?: string;
  }>;
}

/** What the tables know of senders. */
export interface SenderStore {
  /** Those that were paused at run time. */
  paused(): Promise<Map<string, { by: string; at: Date }>>;
  /** Pauses a sender, or with undefined lets it go on. */
  setPaused(
    sender: string,
    paused: { by: string; at: Date } | undefined,
  ): Promise<void>;
  /** Notes that secrets were used; never sets a time back. */
  markUsed(
    uses: Array<{ sender: string; secretId: string; at: Date }>,
  ): Promise<void>;
  lastUses(): Promise<Array<{ sender: string; secretId: string; at: Date }>>;
}

/** Pauses senders at run time; every replica knows within seconds. */
export interface SenderControl {
  list(): Promise<SenderReport[]>;
  /** Throws a `NotFoundError` for a sender that is not configured. */
  pause(sender: string, by: string): Promise<void>;
  resume(sender: string): Promise<void>;
}

/** Counts what happens to webhooks. */
export interface WebhookTracker {
  accepted(options: { sender: string; repeated: boolean }): void;
  rejected(options: {
    /** One of ours; undefined for a name that a caller made up. */
    sender?: string;
    code: RejectionCode;
  }): void;
  /** Verified, but not taken. */
  refused(options: { sender: string; code: RefusalCode }): void;
  /** Beyond what a sender may send at once or in a time. */
  limited(options: { sender?: string; limit: 'rate' | 'concurrency' }): void;
}
