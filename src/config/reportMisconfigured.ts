import type { LoggerService } from '@backstage/backend-plugin-api';
import type { CustomDataSettings, Misconfigured } from './settings';

/** Says at the start what does nothing, and why. */
export function reportMisconfigured(options: {
  logger: LoggerService;
  settings: CustomDataSettings;
  prepared: { misconfigured: Misconfigured[] };
}): void {
  const { logger, settings, prepared } = options;
  for (const { name, key, reason } of prepared.misconfigured) {
    logger.error(
      `Source "${name}" is misconfigured and does nothing: ${key}: ${reason}`,
    );
  }
  for (const { name, key, reason } of settings.misconfiguredSenders) {
    logger.error(
      `Webhook sender "${name}" is misconfigured and does nothing: ${key}: ${reason}`,
    );
  }
  for (const { key, reason } of settings.faults) {
    logger.error(`The configuration key "${key}" is ignored: ${reason}`);
  }
  for (const { name, paused } of settings.sources) {
    if (paused) {
      logger.warn(`Source "${name}" is paused`);
    }
  }
}
