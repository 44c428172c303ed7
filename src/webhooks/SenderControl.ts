import type { LoggerService } from '@backstage/backend-plugin-api';
import { ConflictError, NotFoundError } from '@backstage/errors';
import type { Knex } from 'knex';
import { credentialsOfSender, dueDate, isDue } from '../config/credentials';
import type { MisconfiguredSender, SenderSettings } from '../config/sender';
import { type FirstSeen, readFirstSeen } from '../database/credentialDates';
import { usesSecrets } from '../config/verify';
import type { Reading } from '../metrics/state';
import { validityOf } from './verify/verifySignature';
import {
  deletePause,
  insertPause,
  type Pause,
  readPauses,
  readSecretUses,
  type SecretUse,
  upsertSecretUses,
} from './database/senders';

/** What people see of a sender. Times are ISO 8601 in UTC. */
export interface SenderReport {
  name: string;
  state: 'active' | 'paused' | 'misconfigured';
  /** Of a misconfigured one. */
  reason?: string;
  dialect?: string;
  owner?: string;
  purpose?: string;
  entity: string;
  /** Undefined where the configuration pauses it. */
  paused?: { by?: string; at?: string };
  /** When a webhook was last verified, to within a minute. */
  lastUsedAt?: string;
  /** And public keys. */
  secrets: Array<{
    id: string;
    state: 'valid' | 'not-yet-valid' | 'expired';
    notBefore?: string;
    notAfter?: string;
    rotateBy?: string;
    /** When the configuration first had it. */
    firstSeenAt: string;
    /** When it has to be replaced: `rotateBy`, or 90 days after it was first seen. */
    dueAt: string;
    /** Whether `dueAt` has passed. */
    overdue: boolean;
    /** When a delivery was last signed with it, to within a minute. */
    lastUsedAt?: string;
  }>;
}

/**
 * Lists senders, pauses them at run time, and notes which secrets were used. Each
 * process polls which senders are paused.
 */
export class SenderControl {
  /** Uses by sender and secret, until they are written: no request waits for that. */
  private readonly unwritten = new Map<string, SecretUse>();
  private pauses: ReadonlyMap<string, Pause> = new Map();
  private readsBegun = 0;
  private lastRead = 0;

  constructor(
    private readonly options: {
      knex: Knex;
      senders: SenderSettings[];
      misconfigured: MisconfiguredSender[];
      logger: LoggerService;
      now: () => Date;
    },
  ) {}

  /** Answers from memory: it is asked for each request. */
  isPaused(sender: string): boolean {
    return this.pauses.has(sender);
  }

  /** Reads which senders are paused. Where that fails, what was known stays. */
  async refresh(): Promise<void> {
    const read = ++this.readsBegun;
    const pauses = await readPauses(this.options);
    // A read that began later may have ended already, and knows more.
    if (read > this.lastRead) {
      this.lastRead = read;
      logChanges(this.options.logger, this.pauses, pauses);
      this.pauses = pauses;
    }
  }

  used(sender: string, secretId: string): void {
    const use = { sender, secretId, at: this.options.now() };
    this.unwritten.set(JSON.stringify([sender, secretId]), use);
  }

  /** Writes down which secrets were used. What cannot be written is kept for the next time. */
  async writeUses(): Promise<void> {
    const written = [...this.unwritten];
    const uses = written.map(([, use]) => use);
    await upsertSecretUses({ ...this.options, uses });
    for (const [key, use] of written) {
      // It may have been used again meanwhile.
      if (this.unwritten.get(key) === use) {
        this.unwritten.delete(key);
      }
    }
  }

  async list(): Promise<SenderReport[]> {
    const { senders, misconfigured, now } = this.options;
    const pauses = await readPauses(this.options);
    const uses = await readSecretUses(this.options);
    const firstSeen = await this.readFirstSeen();
    const reports = [
      ...senders.map(sender =>
        reportSender({
          sender,
          pause: pauses.get(sender.name),
          uses: uses.filter(use => use.sender === sender.name),
          firstSeen,
          now: now(),
        }),
      ),
      // It does nothing; the reason names the key at fault.
      ...misconfigured.map(({ name, entity, key, reason }) => ({
        name,
        entity,
        state: 'misconfigured' as const,
        reason: `${key}: ${reason}`,
        secrets: [],
      })),
    ];
    return reports.sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  private readFirstSeen(): Promise<FirstSeen> {
    const { knex, now } = this.options;
    return readFirstSeen({ knex, now: now() });
  }

  /** What about senders needs a person. */
  async readings(): Promise<Reading[]> {
    const { senders, misconfigured, now } = this.options;
    const firstSeen = await this.readFirstSeen();
    const ofSender = (sender: string, codes: string[]): Reading[] =>
      codes.map(code => ({
        gauge: 'custom_data_senders_attention',
        value: 1,
        labels: { sender, code },
      }));
    return [
      ...misconfigured.flatMap(({ name }) => ofSender(name, ['misconfigured'])),
      ...senders.flatMap(sender =>
        ofSender(sender.name, secretFaults(sender, firstSeen, now())),
      ),
    ];
  }

  /** Throws a `NotFoundError` for a sender that is not configured. */
  async find(name: string): Promise<SenderReport> {
    const report = (await this.list()).find(each => each.name === name);
    if (!report) {
      throw unknownSender(name);
    }
    return report;
  }

  /** Throws a `NotFoundError` for a sender that is not configured. This process knows of the pause at once, others within seconds. */
  async pause(sender: string, by: string): Promise<void> {
    this.assertCanPause(sender);
    const { knex, now } = this.options;
    await insertPause({ knex, sender, by, at: now() });
    await this.refresh();
  }

  async resume(sender: string): Promise<void> {
    this.assertCanPause(sender);
    await deletePause({ ...this.options, sender });
    await this.refresh();
  }

  private assertCanPause(name: string): void {
    const { senders, misconfigured } = this.options;
    if (misconfigured.some(sender => sender.name === name)) {
      throw new ConflictError(
        `Sender "${name}" does nothing as it is: it is misconfigured`,
      );
    }
    const sender = senders.find(each => each.name === name);
    if (!sender) {
      throw unknownSender(name);
    }
    if (sender.paused) {
      throw new ConflictError(
        `Sender "${name}" is paused by its key "paused" in the configuration`,
      );
    }
  }
}

function secretFaults(
  sender: SenderSettings,
  firstSeen: FirstSeen,
  now: Date,
): string[] {
  const { name, secrets, verify } = sender;
  const valid = secrets.filter(each => validityOf(each, now) === 'valid');
  const isAnyDue = credentialsOfSender(sender).some(each =>
    isDue(each, firstSeen({ type: 'sender', name, id: each.id }), now),
  );
  return [
    ...(usesSecrets(verify) && valid.length === 0 ? ['no-valid-secret'] : []),
    ...(isAnyDue ? ['secret-due'] : []),
  ];
}

function unknownSender(name: string): Error {
  return new NotFoundError(
    `There is no sender "${name}" under "catalog.customData.webhooks"; "GET /senders" lists them`,
  );
}

function logChanges(
  logger: LoggerService,
  before: ReadonlyMap<string, Pause>,
  after: ReadonlyMap<string, Pause>,
): void {
  for (const [sender, { by }] of after) {
    if (!before.has(sender)) {
      logger.warn(
        `Webhook sender "${sender}" was paused by "${by}": what it sends is refused, or held where it has the key "hold", until somebody resumes it`,
      );
    }
  }
  for (const sender of before.keys()) {
    if (!after.has(sender)) {
      logger.info(`Webhook sender "${sender}" was resumed`);
    }
  }
}

/** Of its secrets everything except what is secret. */
function reportSender(options: {
  sender: SenderSettings;
  pause?: Pause;
  uses: SecretUse[];
  firstSeen: FirstSeen;
  now: Date;
}): SenderReport {
  const { sender, pause, uses, firstSeen, now } = options;
  const { name } = sender;
  return {
    name,
    state: sender.paused || pause ? 'paused' : 'active',
    dialect: sender.dialect,
    owner: sender.owner,
    purpose: sender.purpose,
    entity: sender.entity,
    paused: pause && { by: pause.by, at: pause.at.toISOString() },
    lastUsedAt: uses
      .map(({ at }) => at.toISOString())
      .sort()
      .at(-1),
    secrets: credentialsOfSender(sender).map(secret => {
      const seenAt = firstSeen({ type: 'sender', name, id: secret.id });
      return {
        id: secret.id,
        state: validityOf(secret, now),
        notBefore: secret.notBefore?.toISOString(),
        notAfter: secret.notAfter?.toISOString(),
        rotateBy: secret.rotateBy?.toISOString(),
        firstSeenAt: seenAt.toISOString(),
        dueAt: dueDate(secret, seenAt).toISOString(),
        overdue: dueDate(secret, seenAt) <= now,
        lastUsedAt: uses
          .find(({ secretId }) => secretId === secret.id)
          ?.at.toISOString(),
      };
    }),
  };
}
