import { z } from 'zod';
import { DEPLOYMENT_EVENTS, type DeploymentEvent } from '../../model/delivery';
import { DEPLOYED_AT_PREFIX, DEPLOYED_VERSION_PREFIX } from '../../model/keys';

/** How far a sender's clock may be ahead of ours. */
export const MAX_CLOCK_SKEW_MS = 5 * 60_000;

/** What is after the `/` of an annotation's key has at most 63 characters. */
const MAX_ENVIRONMENT_LENGTH = Math.min(
  ...[DEPLOYED_VERSION_PREFIX, DEPLOYED_AT_PREFIX].map(
    prefix => 63 - (prefix.length - prefix.indexOf('/') - 1),
  ),
);

export type DialectResult =
  | { type: 'event'; event: DeploymentEvent }
  /** Names every field that is wrong. */
  | { type: 'invalid'; message: string };

/** Reads verified bytes. */
export type Dialect = (body: Uint8Array) => DialectResult;

const printable = (max: number) =>
  z
    .string()
    .min(1, { message: 'must not be empty', abort: true })
    .max(max, { message: `must have at most ${max} characters`, abort: true })
    .regex(/^[^\p{Cc}\p{Cs}]*$/u, 'must not contain control characters');

const environment = z
  .string()
  .max(
    MAX_ENVIRONMENT_LENGTH,
    `must have at most ${MAX_ENVIRONMENT_LENGTH} characters`,
  )
  .regex(
    /^[A-Za-z0-9]([A-Za-z0-9_.-]*[A-Za-z0-9])?$/,
    'becomes part of an annotation: letters, digits, "-", "_" and ".", the first and the last a letter or a digit',
  );

const url = printable(2048).refine(isWebUrl, 'must be an http or https URL');

/**
 * The dialect of the article: `{ event, service, version, catalog_refresh,
 * metadata: { owner, environment } }`, and beside it `time`, `url` and
 * `commit`. Keys that it does not know are left alone.
 */
export function createCatalogDialect(options: {
  now: () => Date;
  /** Why no entity can be what an event of this service is about. */
  serviceFault: (service: string) => string | undefined;
}): Dialect {
  const schema = payloadSchema(options);
  return body => {
    const json = parseJson(body);
    if (json.type === 'invalid') {
      return json;
    }
    const parsed = schema.safeParse(json.value);
    return parsed.success
      ? { type: 'event', event: toEvent(parsed.data) }
      : { type: 'invalid', message: describeIssues(parsed.error) };
  };
}

function payloadSchema(options: Parameters<typeof createCatalogDialect>[0]) {
  const { now, serviceFault } = options;
  return z.object({
    event: z.enum(DEPLOYMENT_EVENTS),
    service: printable(253).check(context => {
      const message = serviceFault(context.value);
      if (message !== undefined) {
        context.issues.push({ code: 'custom', input: context.value, message });
      }
    }),
    version: printable(255),
    catalog_refresh: z.boolean().default(false),
    metadata: z.object({ owner: z.string().optional(), environment }),
    time: z.iso
      .datetime({
        offset: true,
        error:
          'must be an ISO 8601 date and time with a time zone, such as 2026-01-31T12:00:00Z',
        abort: true,
      })
      .refine(time => Date.parse(time) >= 0, 'must not be before 1970')
      .refine(
        time => Date.parse(time) <= now().getTime() + MAX_CLOCK_SKEW_MS,
        'must not be more than 5 minutes ahead',
      )
      .optional(),
    url: url.optional(),
    commit: printable(255).optional(),
  });
}

function toEvent(
  payload: z.output<ReturnType<typeof payloadSchema>>,
): DeploymentEvent {
  const {
    event,
    service,
    version,
    metadata,
    time,
    url: link,
    commit,
  } = payload;
  return {
    event,
    service,
    version,
    environment: metadata.environment,
    catalogRefresh: payload.catalog_refresh,
    ...(time !== undefined && { time: new Date(time).toISOString() }),
    ...(link !== undefined && { url: link }),
    ...(commit !== undefined && { commit }),
  };
}

function parseJson(
  body: Uint8Array,
): { type: 'json'; value: unknown } | { type: 'invalid'; message: string } {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(body);
    return { type: 'json', value: JSON.parse(text) };
  } catch {
    // The parser's own message would quote the payload.
    return { type: 'invalid', message: 'The body is not JSON in UTF-8' };
  }
}

function describeIssues(error: z.ZodError): string {
  const faults = error.issues.map(
    issue => `${issue.path.join('.') || 'the body'}: ${issue.message}`,
  );
  return `The event is not valid: ${faults.join('; ')}`;
}

function isWebUrl(value: string): boolean {
  return (
    URL.canParse(value) && ['http:', 'https:'].includes(new URL(value).protocol)
  );
}
