import { z } from 'zod';
import {
  environmentFault,
  MAX_DESTINATION_LENGTH,
} from '../../config/entities';
import type { SenderSettings } from '../../config/sender';
import {
  nameFault,
  parseEntityTemplate,
  resolveService,
} from '../../config/senderEntity';
import {
  DEPLOYMENT_EVENTS,
  type DeploymentEvent,
  destinationName,
} from '../../deployments/deployment';
import { isObject } from '../../lib/values';

export interface PayloadOptions {
  /** Its entity template and aliases decide whether a service can name an entity. */
  sender: Pick<SenderSettings, 'entity' | 'aliases'>;
  now: () => Date;
}

/** As those have it who keep repositories: what has no `/` may be a service. */
const repositoryPath = printable(255).regex(
  /^[^/\s]+(?:\/[^/\s]+)+$/,
  'must be the path of a repository, such as acme/payments',
);

/** Which schema a payload is held to. */
export function createSchemas(options: PayloadOptions) {
  const create = (version: z.ZodType<string>) => ({
    byService: createPayloadSchema(options, version),
    byRepository: createPayloadSchema(options, version, repositoryPath),
  });
  const present = create(printable(255));
  const removed = create(printable(255).default(''));
  return (value: unknown) => {
    const { byService, byRepository } = isRemoval(value) ? removed : present;
    return namesRepository(value) ? byRepository : byService;
  };
}

/** Its entity is found by the repository where it names no service. */
function namesRepository(value: unknown): boolean {
  return (
    isObject(value) &&
    value.service === undefined &&
    value.repository !== undefined
  );
}

/** Of what is gone nobody needs the version. */
function isRemoval(value: unknown): boolean {
  return isObject(value) && value.event === 'deployment.removed';
}

const inUtc = (time: string) => new Date(time).toISOString();

const isoTime = z.iso.datetime({
  offset: true,
  error:
    'must be an ISO 8601 date and time with a time zone, such as 2026-01-31T12:00:00Z',
  abort: true,
});

/** A commit has the clock of whoever made it, and nothing is ordered by it. */
const anyTime = isoTime
  .refine(time => inUtc(time).length === 24, 'must be in the years 0 to 9999')
  .transform(inUtc);

const digest = z
  .string()
  .regex(/^sha(?:256:[0-9a-f]{64}|384:[0-9a-f]{96}|512:[0-9a-f]{128})$/, {
    message: 'must be a digest, such as sha256: and 64 lower-case hex digits',
  });

/** How far an event's time may be ahead of ours. */
const MAX_CLOCK_SKEW_MS = 5 * 60_000;

/**
 * `{ event, service, version, catalog_refresh, metadata: { owner, environment,
 * target, physicalEnvironment } }`, and beside it `time`, `sequence`, `url`, `commit`,
 * `commitTime` and `digest`. With `repository` given, it may stand in place of
 * the service. Other keys are ignored.
 */
export function createPayloadSchema(
  { sender, now }: PayloadOptions,
  version: z.ZodType<string>,
  repository?: z.ZodType<string>,
) {
  const template = parseEntityTemplate(sender.entity);
  const service = printable(253).check(
    faultCheck(name => nameFault(template, resolveService(sender, name))),
  );
  return z
    .object({
      event: z.enum(DEPLOYMENT_EVENTS),
      service: repository ? z.undefined().optional() : service,
      repository: repository ?? z.unknown().optional(),
      version,
      catalog_refresh: z.boolean().default(false),
      metadata: z
        .object({
          owner: z.string().optional(),
          environment: z.string().check(faultCheck(environmentFault)),
          target: z.string().check(faultCheck(environmentFault)).optional(),
          physicalEnvironment: printable(255).optional(),
        })
        .refine(
          destination =>
            destinationName(destination).length <= MAX_DESTINATION_LENGTH,
          {
            path: ['target'],
            error: `must have, with "environment" and a dot between, at most ${MAX_DESTINATION_LENGTH} characters: they become part of an annotation`,
          },
        )
        .prefault({} as never),
      time: timeBefore(() => now().getTime() + MAX_CLOCK_SKEW_MS).optional(),
      sequence: z
        .int('must be a whole number from 0 to 2^53 - 1')
        .min(0, 'must be a whole number from 0 to 2^53 - 1')
        .optional(),
      url: printable(2048)
        .refine(isWebUrl, {
          error: 'must be an http or https URL',
          abort: true,
        })
        .refine(
          hasNoCredentials,
          'must not contain a user name or a password: it is shown to others',
        )
        .optional(),
      commit: printable(255).optional(),
      commitTime: anyTime.optional(),
      digest: digest.optional(),
    })
    .transform(
      ({
        catalog_refresh,
        metadata: { owner, environment, target, physicalEnvironment },
        service: named,
        repository: found,
        ...event
      }): DeploymentEvent => ({
        ...event,
        service: named ?? String(found),
        ...(named === undefined && { repository: String(found) }),
        environment,
        ...(target !== undefined && { target }),
        ...(physicalEnvironment !== undefined && { physicalEnvironment }),
        ...(owner !== undefined && { owner }),
        catalogRefresh: catalog_refresh,
      }),
    );
}

function printable(max: number) {
  return z
    .string()
    .regex(/\S/, { message: 'must not be empty or blank', abort: true })
    .max(max, { message: `must have at most ${max} characters`, abort: true })
    .regex(
      /^[^\p{Cc}\p{Cs}\p{Zl}\p{Zp}\p{Bidi_Control}]*$/u,
      'must not contain control characters, such as line breaks or marks that turn the direction of text',
    );
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
  return isoTime
    .refine(time => Date.parse(time) >= 0, 'must not be before 1970')
    .refine(
      time => Date.parse(time) <= latest(),
      'must not be more than 5 minutes ahead',
    )
    .transform(inUtc);
}

function isWebUrl(value: string): boolean {
  return (
    URL.canParse(value) && ['http:', 'https:'].includes(new URL(value).protocol)
  );
}

function hasNoCredentials(value: string): boolean {
  const { username, password } = new URL(value);
  return username === '' && password === '';
}
