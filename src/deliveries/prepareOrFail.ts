import type { LoggerService } from '@backstage/backend-plugin-api';
import { abortable } from '../lib/abort';
import { withSignals } from '../lib/deadline';
import { createSlots } from '../lib/limits';
import type { InHand } from './createInHand';
import type { Delivery } from './delivery';
import { describeError } from './describeError';
import {
  type PreparedDelivery,
  prepareDeliveries,
  type PrepareServices,
} from './prepareDeliveries';

/** How many are tried alone at once. */
const ALONE = 5;

/** A delivery that is prepared, or that could not be. */
export type Preparation =
  | { delivery: Delivery; prepared: PreparedDelivery }
  | { delivery: Delivery; error: unknown };

interface PrepareOptions extends PrepareServices {
  deliveries: Delivery[];
  /** Holds what is begun: nothing stops that, though nobody waits for it here any longer. */
  preparing: InHand;
  /** How long it may take. */
  deadlineMs: number;
  logger: LoggerService;
  signal: AbortSignal;
}

/**
 * Prepares deliveries together or, where that fails, each alone: one at fault
 * costs no other. Never throws.
 */
export async function prepareOrFail(
  options: PrepareOptions,
): Promise<Preparation[]> {
  const { deliveries, logger, signal } = options;
  if (deliveries.length === 0) {
    return [];
  }
  const together = await tryAll(options);
  if (together.type === 'prepared') {
    return together.prepared.map(prepared => ({
      delivery: prepared.delivery,
      prepared,
    }));
  }
  const { error } = together;
  if (deliveries.length === 1 || signal.aborted) {
    return deliveries.map(delivery => ({ delivery, error }));
  }
  logger.warn(
    `${
      deliveries.length
    } deliveries could not be recorded together and are tried one by one: ${describeError(
      error,
    )}`,
  );
  return tryEach(options);
}

async function tryAll({ deadlineMs, signal, ...options }: PrepareOptions) {
  try {
    const prepared = await withSignals(
      { signals: [signal], deadlineMs },
      limited => begin({ ...options, signal: limited }),
    );
    return { type: 'prepared' as const, prepared };
  } catch (error) {
    return { type: 'failed' as const, error };
  }
}

/** One after the other, so to say: all of them together have the time that one has. */
async function tryEach(options: PrepareOptions): Promise<Preparation[]> {
  const { deliveries, deadlineMs, signal } = options;
  const slots = createSlots(ALONE);
  return withSignals({ signals: [signal], deadlineMs }, limited =>
    Promise.all(
      deliveries.map(delivery =>
        slots(() => tryOne({ ...options, delivery, signal: limited })),
      ),
    ),
  );
}

async function tryOne({
  delivery,
  ...options
}: Omit<BeginOptions, 'deliveries'> & {
  delivery: Delivery;
}): Promise<Preparation> {
  try {
    const [prepared] = await begin({ ...options, deliveries: [delivery] });
    return { delivery, prepared };
  } catch (error) {
    return { delivery, error };
  }
}

type BeginOptions = Pick<
  PrepareOptions,
  'deliveries' | 'preparing' | 'signal'
> &
  PrepareServices;

/** Nothing is begun once it is stopped: whoever waits for what goes on would miss it. */
async function begin({
  preparing,
  signal,
  ...options
}: BeginOptions): Promise<PreparedDelivery[]> {
  signal.throwIfAborted();
  return abortable(preparing.add(prepareDeliveries(options)), signal);
}
