import type { Knex } from 'knex';
import { createHash, randomUUID } from 'node:crypto';
import { promisify } from 'node:util';
import { deflate } from 'node:zlib';
import { redactValues, toText } from '../../database/columns';
import type { Snapshot } from './snapshot';
import { PARTS_TABLE, SNAPSHOTS_TABLE } from './tables';

/** Of a part, before it is compressed. */
const PART_LENGTH = 500_000;

/** More would take several times as long, for a quarter less. */
const COMPRESSION = { level: 1 };

const compress = promisify<string, object, Buffer>(deflate);

/** Writes a snapshot line by line. It is there for others once `end` has been called. */
export class SnapshotWriter {
  #lines: string[] = [];
  #length = 0;
  #parts = 0;
  #count = 0;
  readonly #hash = createHash('sha256');

  private constructor(
    private readonly knex: Knex,
    private readonly snapshot: Omit<Snapshot, 'count' | 'digest'>,
  ) {}

  static async begin(options: {
    /** A transaction where nothing is to stay of what does not end. */
    knex: Knex;
    snapshot: Omit<Snapshot, 'id' | 'createdAt' | 'count' | 'digest'>;
    now: Date;
  }): Promise<SnapshotWriter> {
    const { knex, snapshot, now } = options;
    const id = randomUUID();
    const { source = null, namespace = null, origin, reason, by } = snapshot;
    const createdAt = toText(now);
    await knex(SNAPSHOTS_TABLE).insert({
      id,
      source,
      namespace,
      origin,
      reason,
      by,
      created_at: createdAt,
      entity_count: 0,
    });
    return new SnapshotWriter(knex, { ...snapshot, id, createdAt });
  }

  get id(): string {
    return this.snapshot.id;
  }

  async add(line: string): Promise<void> {
    this.#lines.push(line);
    this.#length += line.length;
    this.#count++;
    if (this.#length >= PART_LENGTH) {
      await this.#writePart();
    }
  }

  async end(): Promise<Snapshot> {
    if (this.#lines.length > 0) {
      await this.#writePart();
    }
    const { knex, id } = this;
    const count = this.#count;
    const digest = this.#hash.digest('hex');
    await knex(SNAPSHOTS_TABLE)
      .where({ id })
      .update({ entity_count: count, digest });
    return { ...this.snapshot, count, digest };
  }

  async #writePart(): Promise<void> {
    const text = `${this.#lines.join('\n')}\n`;
    this.#lines = [];
    this.#length = 0;
    this.#hash.update(text);
    const blob = await compress(text, COMPRESSION);
    const row = { id: this.id, number: this.#parts++, blob };
    await redactValues(async () => this.knex(PARTS_TABLE).insert(row));
  }
}
