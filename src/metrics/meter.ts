import { metrics } from '@opentelemetry/api';

/** What measures and traces go under. */
export const PACKAGE = 'backstage-plugin-catalog-backend-module-custom-data';

/**
 * The meter of this module; without an SDK of OpenTelemetry it does nothing.
 *
 * Names are those of Prometheus, with the unit at the end. So they come out the
 * same whether the exporter of the SDK or a collector writes them; both add
 * `_total` to counters.
 */
export function meter() {
  return metrics.getMeter(PACKAGE);
}
