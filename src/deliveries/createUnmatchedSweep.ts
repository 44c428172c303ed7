import { createEntityRefOf } from '../config/senderEntity';
import type { SenderSettings } from '../config/settings';
import type { EntityRegistry } from '../database/catalogTables';
import type { DeliveryStore, UnmatchedService } from './delivery';

const PAGE = 1000;

/** Finds unmatched deliveries whose entity the catalog has by now. */
export interface UnmatchedSweep {
  /** Has them settled once more; how many. */
  sweep(signal: AbortSignal): Promise<number>;
}

interface SweepOptions {
  deliveries: Pick<
    DeliveryStore,
    'listUnmatchedServices' | 'listUnmatched' | 'requeue'
  >;
  registry: Pick<EntityRegistry, 'locationKeys'>;
  /** Those that are in order: a delivery of another waits, rather than to fail. */
  senders: SenderSettings[];
  /** Called when there is something to settle. */
  onQueued: () => void;
  now: () => Date;
}

/** Looks for the services first: their deliveries are many, and read only where they can be settled. */
export function createUnmatchedSweep(options: SweepOptions): UnmatchedSweep {
  const refs = new Map(
    options.senders.map(each => [each.name, createEntityRefOf(each)]),
  );
  return {
    async sweep(signal) {
      let requeued = 0;
      for await (const services of pagesOfServices(options, signal)) {
        const found = await findServices(options, refs, services);
        if (found.length > 0) {
          requeued += await requeueAll(options, found, signal);
        }
      }
      return requeued;
    },
  };
}

async function* pagesOfServices(
  { deliveries }: SweepOptions,
  signal: AbortSignal,
): AsyncGenerator<UnmatchedService[]> {
  let after: UnmatchedService | undefined;
  while (!signal.aborted) {
    const page = await deliveries.listUnmatchedServices({ limit: PAGE, after });
    yield page;
    if (page.length < PAGE) {
      return;
    }
    after = page[page.length - 1];
  }
}

/** Those of which the catalog has the entity. */
async function findServices(
  { registry }: SweepOptions,
  refs: Map<string, (service: string) => string>,
  services: UnmatchedService[],
): Promise<UnmatchedService[]> {
  const refOf = ({ sender, serviceKey }: UnmatchedService) =>
    refs.get(sender)?.(serviceKey);
  const wanted = new Set(services.map(refOf).filter(ref => ref !== undefined));
  if (wanted.size === 0) {
    return [];
  }
  const known = await registry.locationKeys([...wanted]);
  return services.filter(service => {
    const ref = refOf(service);
    return ref !== undefined && known.has(ref);
  });
}

async function requeueAll(
  { deliveries, onQueued, now }: SweepOptions,
  services: UnmatchedService[],
  signal: AbortSignal,
): Promise<number> {
  let requeued = 0;
  let after: number | undefined;
  while (!signal.aborted) {
    const page = await deliveries.listUnmatched({
      services,
      limit: PAGE,
      after,
    });
    const ids = page.map(({ id }) => id);
    const count = ids.length > 0 ? await deliveries.requeue(ids, now()) : 0;
    if (count > 0) {
      onQueued();
    }
    requeued += count;
    if (page.length < PAGE) {
      break;
    }
    after = page[page.length - 1].sequence;
  }
  return requeued;
}
