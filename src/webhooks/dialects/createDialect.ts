import type { SenderSettings } from '../../config/settings';
import { createCatalogDialect } from './catalog';
import { createPayloadReader } from './createPayloadReader';
import type { Dialect } from './dialect';
import { createServiceNames } from './serviceNames';
import { createStandardWebhooksDialect } from './standardWebhooks';

/** The dialect that a sender is set to; never guessed from a request. Made once for a sender. */
export function createDialect(
  sender: SenderSettings,
  now: () => Date,
): Dialect {
  const { faultOf } = createServiceNames(sender);
  const readPayload = createPayloadReader({ now, serviceFault: faultOf });
  switch (sender.dialect) {
    case 'catalog':
      return createCatalogDialect({ ...sender, readPayload });
    case 'standard-webhooks':
      return createStandardWebhooksDialect({ readPayload });
    default:
      throw new Error(
        `Webhook sender '${sender.name}' has the dialect '${String(
          sender.dialect,
        )}', which is not one of ours`,
      );
  }
}
