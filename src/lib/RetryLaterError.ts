import { CustomErrorBase } from '@backstage/errors';

/** Not now: something is busy or asked to be left alone. Names the time to try again, where known. */
export class RetryLaterError extends CustomErrorBase {
  name = 'RetryLaterError' as const;
  readonly retryAt?: Date;

  constructor(message: string, options: { retryAt?: Date } = {}) {
    super(message);
    this.retryAt = options.retryAt;
  }
}
