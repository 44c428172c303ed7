import { InputError } from '@backstage/errors';
import type { Knex } from 'knex';
import type { Snapshot } from '../../ingestion/snapshots/snapshot';
import { SnapshotWriter } from '../../ingestion/snapshots/SnapshotWriter';
import { deleteSnapshots } from '../../ingestion/snapshots/tables';
import { FileItems, type GateOf } from './FileItems';
import { readSnapshotFile } from './readFile';

/** So many faults of a file are named: whoever mends it should not find them one by one. */
const MAX_FAULTS = 20;

/**
 * Makes a snapshot of a file. Each entity of one of our sources has to pass the
 * gates of that source; what other owners give is only kept.
 *
 * Nothing stays of a file with a fault, and nobody sees it before its end.
 *
 * @throws InputError that names what is wrong with the file, by field.
 */
export async function importSnapshot(options: {
  knex: Knex;
  chunks: AsyncIterable<Uint8Array>;
  isLines: boolean;
  gateOf: GateOf;
  reason: string;
  by: string;
  now: Date;
}): Promise<Snapshot> {
  const { knex, chunks, gateOf, reason, by, now } = options;
  const writer = await SnapshotWriter.begin({
    knex,
    snapshot: { origin: 'imported', reason, by },
    now,
  });
  try {
    const items = new FileItems(gateOf);
    for await (const part of readSnapshotFile(chunks, options)) {
      const line = await items.read(part);
      // After a fault it is only read for others.
      if (line !== undefined && items.faults.length === 0) {
        await writer.add(line);
      }
      assertFaultless(items.faults, MAX_FAULTS);
    }
    items.end();
    assertFaultless(items.faults, 1);
    return await writer.end();
  } catch (error) {
    await deleteSnapshots({ knex, ids: [writer.id] });
    throw error;
  }
}

function assertFaultless(faults: string[], limit: number): void {
  if (faults.length >= limit) {
    throw new InputError(faults.slice(0, MAX_FAULTS).join('; '));
  }
}
