import { createCatalogDialect } from './catalogDialect';
import { createStandardWebhooksDialect } from './standardWebhooksDialect';

/** A sender is set to one of these; it is never guessed from a request. */
export const DIALECTS = {
  catalog: createCatalogDialect,
  'standard-webhooks': createStandardWebhooksDialect,
};
