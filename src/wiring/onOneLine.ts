import type { LoggerService } from '@backstage/backend-plugin-api';
import { escapeControls } from '../lib/values';

/**
 * A logger whose messages stay on one line. The text of a record or a request,
 * and an error of the catalog or a database, may break the line or steer the
 * terminal of whoever reads the log.
 */
export function onOneLine(logger: LoggerService): LoggerService {
  const at =
    (level: 'error' | 'warn' | 'info' | 'debug'): LoggerService['info'] =>
    (message, ...meta) =>
      logger[level](escapeControls(message), ...meta);
  return {
    error: at('error'),
    warn: at('warn'),
    info: at('info'),
    debug: at('debug'),
    child: meta => onOneLine(logger.child(meta)),
  };
}
