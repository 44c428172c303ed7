import type { EntityRegistry } from '../model/catalog';
import type { Delivery, DeliveryStore } from '../model/delivery';
import { entityRefOf } from '../model/senderEntity';
import type { SenderSettings } from '../model/settings';

const PAGE = 1000;

/** Finds unmatched deliveries whose entity the catalog has by now. */
export interface UnmatchedSweep {
  /** Has them settled once more; how many. */
  sweep(signal: AbortSignal): Promise<number>;
}

export function createUnmatchedSweep(options: {
  deliveries: Pick<DeliveryStore, 'listUnmatched' | 'requeue'>;
  registry: Pick<EntityRegistry, 'locationKeys'>;
  /** Those that are in order: a delivery of another waits, rather than to fail. */
  senders: SenderSettings[];
  /** Called when there is something to settle. */
  onQueued: () => void;
  now: () => Date;
}): UnmatchedSweep {
  const { deliveries, registry, onQueued, now } = options;
  const senders = new Map(options.senders.map(each => [each.name, each]));

  async function requeueFound(page: Delivery[]): Promise<number> {
    const refs = new Map<string, string>();
    for (const { id, sender: name, event } of page) {
      const sender = senders.get(name);
      if (sender) {
        refs.set(id, entityRefOf(sender, event.service));
      }
    }
    if (refs.size === 0) {
      return 0;
    }
    const known = await registry.locationKeys([...new Set(refs.values())]);
    const found = [...refs].filter(([, ref]) => known.has(ref));
    return found.length > 0
      ? deliveries.requeue(
          found.map(([id]) => id),
          now(),
        )
      : 0;
  }

  return {
    async sweep(signal) {
      let requeued = 0;
      let after: number | undefined;
      while (!signal.aborted) {
        const page = await deliveries.listUnmatched({ limit: PAGE, after });
        const count = await requeueFound(page);
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
    },
  };
}
