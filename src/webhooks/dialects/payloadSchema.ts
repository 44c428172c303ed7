import { z } from 'zod';
import { environmentFault } from '../../config/entities';
import {
  DEPLOYMENT_EVENTS,
  type DeploymentEvent,
} from '../../deployments/deployment';

/** How far an event's time may be ahead of ours. */
const MAX_CLOCK_SKEW_MS = 5 * 60_000;

export interface PayloadOptions {
  now: () => Date;
  /** Why no entity can be what an event of this service is about. */
  serviceFault: (service: string) => string | undefined;
}

export type PayloadSchema = ReturnType<typeof createPayloadSchema>;

/**
 * The article's payload, `{ event, service, version, catalog_refresh,
 * metadata: { owner, environment } }`, and beside it `time`, `sequence`, `url`
 * and `commit`. Keys that it does not know are left alone.
 */
export function createPayloadSchema({ now, serviceFault }: PayloadOptions) {
  return z.object({
    event: z.enum(DEPLOYMENT_EVENTS),
    service: printable(253).check(faultCheck(serviceFault)),
    version: printable(255),
    catalog_refresh: z.boolean().default(false),
    metadata: z.object({
      owner: z.string().optional(),
      environment: z.string().check(faultCheck(environmentFault)),
    }),
    time: timeBefore(() => now().getTime() + MAX_CLOCK_SKEW_MS).optional(),
    sequence: z
      .int('must be a whole number from 0 to 2^53 - 1')
      .min(0, 'must be a whole number from 0 to 2^53 - 1')
      .optional(),
    url: printable(2048)
      .refine(isWebUrl, 'must be an http or https URL')
      .optional(),
    commit: printable(255).optional(),
  });
}

export function toEvent(payload: z.output<PayloadSchema>): DeploymentEvent {
  const { time, sequence, url, commit } = payload;
  return {
    event: payload.event,
    service: payload.service,
    version: payload.version,
    environment: payload.metadata.environment,
    catalogRefresh: payload.catalog_refresh,
    ...(time !== undefined && { time: new Date(time).toISOString() }),
    ...(sequence !== undefined && { sequence }),
    ...(url !== undefined && { url }),
    ...(commit !== undefined && { commit }),
  };
}

function printable(max: number) {
  return z
    .string()
    .min(1, { message: 'must not be empty', abort: true })
    .max(max, { message: `must have at most ${max} characters`, abort: true })
    .regex(/^[^\p{Cc}\p{Cs}]*$/u, 'must not contain control characters');
}

function faultCheck(faultOf: (value: string) => string | undefined) {
  return (context: z.core.ParsePayload<string>) => {
    const message = faultOf(context.value);
    if (message !== undefined) {
      context.issues.push({ code: 'custom', input: context.value, message });
    }
  };
}

function timeBefore(latest: () => number) {
  return z.iso
    .datetime({
      offset: true,
      error:
        'must be an ISO 8601 date and time with a time zone, such as 2026-01-31T12:00:00Z',
      abort: true,
    })
    .refine(time => Date.parse(time) >= 0, 'must not be before 1970')
    .refine(
      time => Date.parse(time) <= latest(),
      'must not be more than 5 minutes ahead',
    );
}

function isWebUrl(value: string): boolean {
  return (
    URL.canParse(value) && ['http:', 'https:'].includes(new URL(value).protocol)
  );
}
