import type { Knex } from 'knex';
import { type SecretUse, upsertSecretUses } from './database/senders';

/** Which secrets were used; kept in memory until it is written down, so that no request waits for it. */
export class SecretUses {
  /** By sender and secret. */
  private unwritten = new Map<string, SecretUse>();

  constructor(private readonly options: { knex: Knex; now: () => Date }) {}

  used(sender: string, secretId: string): void {
    this.note({ sender, secretId, at: this.options.now() });
  }

  /** Writes down what was used since the last time. What cannot be written is kept for the next time. */
  async flush(): Promise<void> {
    const uses = [...this.unwritten.values()];
    this.unwritten = new Map();
    try {
      await upsertSecretUses({ ...this.options, uses });
    } catch (error) {
      uses.forEach(use => this.note(use));
      throw error;
    }
  }

  /** Keeps the latest use of each secret. */
  private note(use: SecretUse): void {
    const key = JSON.stringify([use.sender, use.secretId]);
    const noted = this.unwritten.get(key);
    if (!noted || noted.at < use.at) {
      this.unwritten.set(key, use);
    }
  }
}
