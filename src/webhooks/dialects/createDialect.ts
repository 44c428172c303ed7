import { serviceFault } from '../../model/senderEntity';
import type { SenderSettings } from '../../model/settings';
import { createCatalogDialect, type Dialect } from './catalog';

/** The dialect that a sender is set to; never guessed from a request. */
export function createDialect(
  sender: SenderSettings,
  now: () => Date,
): Dialect {
  return createCatalogDialect({
    now,
    serviceFault: service => serviceFault(sender, service),
  });
}
