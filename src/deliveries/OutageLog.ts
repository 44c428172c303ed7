import type { LoggerService } from '@backstage/backend-plugin-api';
import { counted } from '../lib/values';
import { describeError } from './describeError';

/** What fails and works alternately is logged at most this often. */
const INTERVAL_MS = 60_000;

/** Logs when something begins to fail, and when it works again, and nothing in between. */
export class OutageLog {
  /** By what fails. */
  private readonly outages = new Map<
    string,
    { isTold: boolean; at: number; failures: number }
  >();

  constructor(
    private readonly options: { logger: LoggerService; now: () => Date },
  ) {}

  /** `what` is the beginning of the line, such as "Deliveries could not be claimed". */
  failed(what: string, error: unknown): void {
    const at = this.options.now().getTime();
    const known = this.outages.get(what);
    const failures = (known?.failures ?? 0) + 1;
    if (known && (known.isTold || Math.abs(at - known.at) < INTERVAL_MS)) {
      known.failures = failures;
      return;
    }
    this.outages.set(what, { isTold: true, at, failures });
    this.options.logger.error(
      `${what}: ${describeError(error)}; the log will say when it works again`,
    );
  }

  worked(what: string): void {
    const known = this.outages.get(what);
    if (known?.isTold) {
      known.isTold = false;
      this.options.logger.info(
        `${what}, ${counted(known.failures, 'time')}; that works again`,
      );
      known.failures = 0;
    }
  }
}
