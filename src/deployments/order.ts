/*
 * Which of two deployments is newer, in JavaScript and in SQL.
 *
 * Deployments of the same sender, service, destination and ordering key replace
 * each other: those with a sequence of the sender's own by that sequence, the
 * others by their time. The one that remains is a current deployment. Between
 * current deployments of the same entity and destination the time decides.
 * Order of arrival decides where the rest is equal.
 */
import {
  type CurrentDeployment,
  destinationName,
  isDeciding,
} from './deployment';

type Ordered = Pick<CurrentDeployment, 'sequence' | 'eventAt' | 'arrival'>;

export type OrderingKey = 'sequence' | 'time';

export function orderingKeyOf({
  sequence,
}: Pick<Ordered, 'sequence'>): OrderingKey {
  return sequence === undefined ? 'time' : 'sequence';
}

/** Wide enough for every safe integer. */
const DIGITS = 19;

/**
 * The position among deployments with the same ordering key. Digits stand at
 * the same positions in all of them, so that they sort alike in JavaScript and
 * under any collation of a database.
 */
export function positionOf(deployment: Ordered): string {
  const { sequence, eventAt, arrival } = deployment;
  const first = sequence === undefined ? eventAt : toDigits(sequence);
  return `${first}#${toDigits(arrival)}`;
}

/** The sequence in the position of a deployment that has one. */
export function sequenceIn(position: string): number {
  return Number(position.slice(0, DIGITS));
}

function toDigits(value: number): string {
  return String(value).padStart(DIGITS, '0');
}

/** Whether a deployment replaces a current one that has the same ordering key. */
export function replaces(deployment: Ordered, current: Ordered): boolean {
  return positionOf(deployment) > positionOf(current);
}

/** `replaces` as the condition of an upsert. `order_key` holds the position. */
export function replacesInSql(table: string): string {
  return `excluded.order_key > ${table}.order_key`;
}

/** Whether one of two current deployments of an entity and destination is newer. */
export function isNewer(
  { eventAt, arrival }: Ordered,
  other: Ordered,
): boolean {
  return replaces(
    { eventAt, arrival },
    { eventAt: other.eventAt, arrival: other.arrival },
  );
}

/**
 * The current deployments that remain of a list: what recording them does in
 * the database.
 */
export function currentOf<T extends CurrentDeployment>(
  deployments: Iterable<T>,
): T[] {
  const current = new Map<string, T>();
  for (const deployment of deployments) {
    if (isDeciding(deployment)) {
      const key = currentKeyOf(deployment);
      const known = current.get(key);
      if (!known || replaces(deployment, known)) {
        current.set(key, deployment);
      }
    }
  }
  return [...current.values()];
}

/** What is unique to a current deployment. */
export function currentKeyOf(deployment: CurrentDeployment): string {
  const { serviceKey, sender } = deployment;
  return JSON.stringify([
    serviceKey,
    sender,
    destinationName(deployment),
    orderingKeyOf(deployment),
  ]);
}

/** What runs in each destination, by its name, of the current deployments of one entity. */
export function newestByDestination<T extends CurrentDeployment>(
  current: Iterable<T>,
): Map<string, T> {
  const newest = new Map<string, T>();
  for (const deployment of current) {
    const destination = destinationName(deployment);
    const other = newest.get(destination);
    if (!other || isNewer(deployment, other)) {
      newest.set(destination, deployment);
    }
  }
  return newest;
}
