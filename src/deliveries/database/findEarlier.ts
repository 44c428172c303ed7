import type { Knex } from 'knex';
import { isPostgres, selectBound } from '../../database/bulk';
import type { NewDelivery } from '../delivery';
import { dedupeKeyOf, groupKey, groupOf, subjectOf } from './dedupe';
import { DELIVERIES_TABLE } from './deliveryRow';
import { type Earlier, knownKey } from './planBatch';

type Wanted = {
  sender: string;
  service_key: string | null;
  environment: string | null;
  /** Of a single delivery, in place of the latest of a group. */
  dedupe_key: string | null;
};

/**
 * How many of a group are looked at for the latest arrival: so many that stand
 * alone may come between two that do not, while clocks differ.
 */
const LOOK_BACK = 20;

/**
 * The latest of each group in which something follows, in one statement, or
 * none where all stand alone. It was received when the last of those before it
 * was: one that stands alone is stored without a look at what it follows.
 *
 * Whether a sender's own id is known the insert will tell. It has to be known
 * before only where one without an id comes after it, which is compared with
 * the latest that is new.
 */
export async function findEarlier(options: {
  knex: Knex;
  deliveries: NewDelivery[];
}): Promise<Earlier> {
  const { knex, deliveries } = options;
  const earlier: Earlier = { latest: new Map(), known: new Map() };
  const groups = groupsOf(deliveries.filter(each => !standsAlone(each)));
  if (groups.length === 0) {
    return earlier;
  }
  const ids = idsOf(deliveries);
  const result = await knex.raw(statement(knex, ids.length > 0), [
    JSON.stringify([...groups, ...ids]),
  ]);
  for (const row of isPostgres(knex) ? result.rows : result) {
    if (row.wanted_key === null) {
      earlier.latest.set(groupKey(row), row);
    } else {
      earlier.known.set(knownKey(row), row.delivery_id);
    }
  }
  return earlier;
}

/** Whether nothing before it matters: neither to its key, nor to its place in the order of events. */
function standsAlone({ externalId, content }: NewDelivery): boolean {
  return (
    externalId !== undefined &&
    (content.type === 'ignored' || content.event.time !== undefined)
  );
}

function groupsOf(deliveries: NewDelivery[]): Wanted[] {
  const groups = new Map<string, Wanted>();
  for (const delivery of deliveries) {
    groups.set(groupOf(delivery), {
      sender: delivery.sender,
      ...subjectOf(delivery),
      dedupe_key: null,
    });
  }
  return [...groups.values()];
}

function idsOf(deliveries: NewDelivery[]): Wanted[] {
  const followed = new Set<string>();
  const wanted: Wanted[] = [];
  for (const delivery of [...deliveries].reverse()) {
    if (delivery.externalId === undefined) {
      followed.add(groupOf(delivery));
    } else if (followed.has(groupOf(delivery))) {
      wanted.push({
        sender: delivery.sender,
        service_key: null,
        environment: null,
        dedupe_key: dedupeKeyOf(delivery, undefined),
      });
    }
  }
  return wanted;
}

const WANTED = ['sender', 'service_key', 'environment', 'dedupe_key'];
const FOUND =
  'delivery_id, dedupe_key, digest, sender, service_key, environment';

/**
 * Each row of the list is found by one look into an index. Of ids only where
 * there are any: most of what the statement costs is to plan it.
 */
function statement(knex: Knex, withIds: boolean): string {
  const wanted = `(${selectBound(knex, WANTED)}) as w`;
  const ofGroup = `from ${DELIVERIES_TABLE} where sender = w.sender
    and service_key = w.service_key and environment = w.environment`;
  const byKey = `from ${DELIVERIES_TABLE} where sender = w.sender
    and dedupe_key = w.dedupe_key`;
  const received = `(select max(received_at) from (
    select received_at ${ofGroup} order by sequence desc limit ${LOOK_BACK}
  ) as l)`;
  const latest = `select ${FOUND}, ${received} as received_at ${ofGroup}
    order by sequence desc limit 1`;
  return isPostgres(knex)
    ? `select d.*, w.dedupe_key as wanted_key from ${wanted} cross join lateral (${
        withIds
          ? `(${latest}) union all (select ${FOUND}, received_at ${byKey})`
          : latest
      }) as d`
    : `select ${FOUND}, wanted_key, coalesce(last, received_at) as received_at from (
        select w.dedupe_key as wanted_key, ${received} as last, coalesce(
          (select max(sequence) ${ofGroup}), (select sequence ${byKey})
        ) as found from ${wanted}
      ) as f join ${DELIVERIES_TABLE} as d on d.sequence = f.found`;
}
