import type { Knex } from 'knex';
import { withoutValues } from '../../database/safeText';
import type { AcceptedDelivery, NewDelivery } from '../delivery';
import { acceptBatch } from './acceptBatch';

/** Characters of payloads that go into one statement. */
const CHARACTERS_AT_ONCE = 8_000_000;

interface Options {
  knex: Knex;
  deliveries: NewDelivery[];
  now: Date;
}

/** Stores deliveries together, and where one of them is at fault each alone. */
export async function acceptAll(
  options: Options,
): Promise<Array<AcceptedDelivery | Error>> {
  const answers: Array<AcceptedDelivery | Error> = [];
  for (const deliveries of inPieces(options.deliveries)) {
    answers.push(...(await acceptPiece({ ...options, deliveries })));
  }
  return answers;
}

async function acceptPiece(
  options: Options,
): Promise<Array<AcceptedDelivery | Error>> {
  const { knex, deliveries, now } = options;
  try {
    return await acceptBatch({ knex, deliveries, now });
  } catch (error) {
    if (deliveries.length === 1 || !mayBeOfOne(error)) {
      return deliveries.map(() => withoutValues(error));
    }
  }
  const answers: Array<AcceptedDelivery | Error> = [];
  for (const delivery of deliveries) {
    answers.push(...(await acceptPiece({ knex, deliveries: [delivery], now })));
  }
  return answers;
}

/**
 * Whether an error may come from what one of several rows holds, or from two
 * batches in each other's way. Of a database that does not answer, or has no
 * such table, each alone would have the same.
 */
function mayBeOfOne(error: unknown): boolean {
  const { code } = error as { code?: unknown };
  return /^(22|23|40|54)...$|^SQLITE_(CONSTRAINT|MISMATCH|TOOBIG)/.test(
    String(code),
  );
}

function* inPieces(deliveries: NewDelivery[]): Generator<NewDelivery[]> {
  let piece: NewDelivery[] = [];
  let characters = 0;
  for (const delivery of deliveries) {
    characters += delivery.payload.length;
    if (characters > CHARACTERS_AT_ONCE && piece.length > 0) {
      yield piece;
      piece = [];
      characters = delivery.payload.length;
    }
    piece.push(delivery);
  }
  if (piece.length > 0) {
    yield piece;
  }
}
