import type { Knex } from 'knex';
import { isInNamespace, isPostgres } from '../../database/bulk';
import { readOtherEntities } from '../../database/catalogTables';
import { allRows } from '../../database/keyset';
import { type Snapshot, toGivenLine, toLine } from './snapshot';
import { SnapshotWriter } from './SnapshotWriter';

interface Scope {
  source?: string;
  namespace?: string;
}

/**
 * Keeps what the catalog is given at one time: the entities of a source, or of
 * all sources and of other owners; of one namespace, or of all. What other
 * owners give is kept to be looked up, and never restored.
 */
export async function takeSnapshot(
  options: Scope & { knex: Knex; reason: string; by: string; now: Date },
): Promise<Snapshot> {
  const { knex, now, ...snapshot } = options;
  return inOneView(knex, async tx => {
    const writer = await SnapshotWriter.begin({
      knex: tx,
      snapshot: { ...snapshot, origin: 'taken' },
      now,
    });
    for await (const lines of readLines(tx, options)) {
      for (const line of lines) {
        await writer.add(line);
      }
    }
    return writer.end();
  });
}

/** So that a run that commits meanwhile shows in all of it or in nothing. SQLite lets none commit. */
function inOneView<T>(
  knex: Knex,
  work: (tx: Knex.Transaction) => Promise<T>,
): Promise<T> {
  return isPostgres(knex)
    ? knex.transaction(work, { isolationLevel: 'repeatable read' })
    : knex.transaction(work);
}

async function* readLines(knex: Knex, scope: Scope): AsyncGenerator<string[]> {
  for await (const rows of allRows(
    ownEntities(knex, scope),
    'e.entity_ref',
    'c.entity_ref',
  )) {
    yield rows.map(toGivenLine);
  }
  if (scope.source === undefined) {
    for await (const others of readOtherEntities({ ...scope, knex })) {
      yield others.map(toLine);
    }
  }
}

function ownEntities(
  knex: Knex,
  { source, namespace }: Scope,
): Knex.QueryBuilder {
  const query = knex('custom_data_entities as e')
    .join('custom_data_contributions as c', join =>
      join.on('c.entity_ref', 'e.entity_ref').andOn('c.source', 'e.source'),
    )
    .select('e.entity_ref', 'e.source', 'c.record_id', 'c.entity');
  if (source !== undefined) {
    query.where('e.source', source);
  }
  return namespace === undefined
    ? query
    : query.andWhere(isInNamespace(knex, 'e.entity_ref', namespace));
}
