import type {
  AuditorService,
  LoggerService,
} from '@backstage/backend-plugin-api';
import { AuthenticationError, NotAllowedError } from '@backstage/errors';
import type { JsonObject } from '@backstage/types';
import { describeError } from '../deliveries/describeError';
import { OutageLog } from '../deliveries/OutageLog';
import type { WebhookTracker } from '../metrics/webhooks';
import type { Rejection } from './authenticate';
import { describeRejection, type LimitCode, LIMITS } from './rejections';

/** A kind of line is written at most this often for each sender, since whoever can reach the route can cause them. */
const INTERVAL_MS = 1_000;

/**
 * Reports requests that were not taken, in the log and the audit trail. Nothing
 * in a report comes from the request, except the address, once it is parsed.
 */
export class RefusalLog {
  /** By kind of line and sender. Names that a caller made up are no keys: they would be kept for good. */
  private readonly written = new Map<
    string,
    { at: number; heldBack: number }
  >();

  private readonly outages: OutageLog;

  constructor(
    private readonly options: {
      auditor: AuditorService;
      logger: LoggerService;
      tracker: Pick<WebhookTracker, 'rejected' | 'limited'>;
      now: () => Date;
    },
  ) {
    this.outages = new OutageLog(options);
  }

  /** The keys of an issuer could not be read. */
  issuerFailed(issuer: string, error: unknown): void {
    this.outages.failed(readingKeysFailed(issuer), error);
  }

  issuerRead(issuer: string): void {
    this.outages.worked(readingKeysFailed(issuer));
  }

  /**
   * Counts a request that was not verified. Once in a while it also looks for
   * the sender's mistake and writes it down. To be called when the request is
   * answered.
   */
  rejected(rejection: Rejection & Origin): void {
    const { tracker } = this.options;
    const { sender, code } = rejection;
    const heldBack = this.countLine(`rejected ${sender ?? ''}`);
    if (heldBack === undefined) {
      tracker.rejected({ sender, code });
      return;
    }
    // After the answer has left.
    setImmediate(() => {
      const found = rejection.findMistake() ?? code;
      tracker.rejected({ sender, code: found });
      const text = describeRejection({ ...rejection, code: found });
      this.writeRefusal({
        ...rejection,
        code: found,
        text,
        heldBack,
        eventId: 'webhook-verify',
        error: new AuthenticationError(`The webhook was not verified: ${text}`),
      });
    });
  }

  /** Counts a request that is beyond a limit, and once in a while writes it down. */
  limited(refusal: { code: LimitCode; sender?: string } & Origin): void {
    const { sender, code } = refusal;
    const { metric, text } = LIMITS[code];
    this.options.tracker.limited({ sender, limit: metric });
    const heldBack = this.countLine(`limited ${code} ${sender ?? ''}`);
    if (heldBack !== undefined) {
      this.writeRefusal({
        ...refusal,
        text: `${code} (${text})`,
        heldBack,
        eventId: 'webhook-limit',
        error: new Error(`The webhook was beyond a limit: ${text}`),
      });
    }
  }

  outOfScope(
    refusal: { sender: string; secretId: string; code: string } & Origin,
  ) {
    const { sender, code, address, ...meta } = refusal;
    this.audit({
      eventId: 'webhook-scope',
      meta: { ...meta, sender, code, ...(address && { address }) },
      error: new NotAllowedError(
        `Sender "${sender}" reported something that it may not touch: ${code}`,
      ),
    });
  }

  notStored({ sender, error }: { sender: string; error: unknown }): void {
    this.outages.failed(storingFailed(sender), error);
  }

  stored(sender: string): void {
    this.outages.worked(storingFailed(sender));
  }

  failed(error: unknown): void {
    const heldBack = this.countLine('failed');
    if (heldBack !== undefined) {
      this.options.logger.error(
        `A webhook failed: ${describeError(error)}${moreSince(heldBack)}`,
      );
    }
  }

  private writeRefusal(
    refusal: Origin & {
      sender?: string;
      code: string;
      text: string;
      heldBack: number;
      eventId: string;
      error: Error;
    },
  ): void {
    const { sender, code, address, text, heldBack, eventId, error } = refusal;
    const whose = sender ? `of sender "${sender}"` : 'of an unknown sender';
    const from = address ? `"${address}"` : 'an unknown address';
    this.options.logger.warn(
      `Refused a webhook ${whose} from ${from}: ${text}${moreSince(heldBack)}`,
    );
    this.audit({
      eventId,
      meta: {
        ...(sender !== undefined && { sender }),
        code,
        ...(address && { address }),
        ...(heldBack > 0 && { heldBack }),
      },
      error,
    });
  }

  /** How many lines were held back since the last one, or undefined where this one is held back, too. */
  private countLine(key: string): number | undefined {
    const at = this.options.now().getTime();
    const last = this.written.get(key);
    if (last && Math.abs(at - last.at) < INTERVAL_MS) {
      last.heldBack++;
      return undefined;
    }
    this.written.set(key, { at, heldBack: 0 });
    return last?.heldBack ?? 0;
  }

  /**
   * Audits that a webhook was refused, and waits for nothing. The request stays
   * out: it would bring in what the caller sent, and the auditor throws on some
   * requests.
   */
  private audit(event: {
    eventId: string;
    meta: JsonObject;
    error: Error;
  }): void {
    const { auditor, logger } = this.options;
    const { eventId, meta, error } = event;
    auditor
      .createEvent({ eventId, severityLevel: 'medium', meta })
      .then(created => created.fail({ error }))
      .catch(cause =>
        logger.error(
          `The audit event "${eventId}" could not be written: ${describeError(
            cause,
          )}`,
        ),
      );
  }
}

interface Origin {
  /** The caller's address; undefined where a proxy names none. */
  address?: string;
}

function storingFailed(sender: string): string {
  return `Deliveries of webhook sender "${sender}" could not be stored`;
}

function readingKeysFailed(issuer: string): string {
  return `The keys of the issuer "${issuer}" could not be read`;
}

function moreSince(heldBack: number): string {
  return heldBack > 0 ? `, ${heldBack} more since the last line` : '';
}
