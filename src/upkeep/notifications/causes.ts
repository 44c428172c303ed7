/*
 * What somebody is told of, out of what the registry of integrations shows.
 */
import type { Integration } from '../integrations/integration';

const CODES = [
  'plan-held',
  'dead-deliveries',
  'failing',
  'credential-due',
] as const;

export type CauseCode = (typeof CODES)[number];

export interface Cause {
  /** The same as long as it lasts, and when it comes again. */
  key: string;
  type: Integration['type'];
  name: string;
  code: CauseCode;
  isError: boolean;
  owner?: string;
  message: string;
}

/** All causes there are at present. */
export function findCauses(options: {
  integrations: Integration[];
  /** When each source began to fail that fails. */
  failingSince: Map<string, Date>;
  /** Milliseconds. */
  alertAfter: number;
  now: Date;
}): Cause[] {
  const { integrations, failingSince, alertAfter, now } = options;
  const failsForLong = (source: string) => {
    const since = failingSince.get(source);
    return since !== undefined && now.getTime() - since.getTime() >= alertAfter;
  };
  return integrations.flatMap(integration => {
    const found = integration.findings.filter(
      ({ code }) =>
        // Of each credential on its own, below.
        code !== 'credential-due' &&
        (code !== 'failing' || failsForLong(integration.name)),
    );
    return [
      ...found.flatMap(({ code, severity, message }) =>
        isCauseCode(code)
          ? [toCause(integration, { code, severity, message })]
          : [],
      ),
      ...dueCredentials(integration),
    ];
  });
}

/** What a cause is about, which its key says. */
export function readKey(key: string): Pick<Cause, 'type' | 'name' | 'code'> {
  const [type, name, code] = key.split(':');
  return { type, name, code } as Pick<Cause, 'type' | 'name' | 'code'>;
}

function dueCredentials(integration: Integration): Cause[] {
  return integration.credentials
    .filter(({ isDue }) => isDue)
    .map(({ id, dueAt }) => ({
      ...toCause(integration, {
        code: 'credential-due',
        severity: 'warning',
        message: `The credential "${id}" should have been replaced by ${dueAt}; replace it, and give the new one another id`,
      }),
      key: `${keyOf(integration, 'credential-due')}:${id}`,
    }));
}

function toCause(
  integration: Integration,
  finding: { code: CauseCode; severity: string; message: string },
): Cause {
  const { type, name, owner } = integration;
  const { code, severity, message } = finding;
  return {
    key: keyOf(integration, code),
    type,
    name,
    code,
    isError: severity === 'error',
    owner,
    message,
  };
}

function keyOf({ type, name }: Integration, code: CauseCode): string {
  return `${type}:${name}:${code}`;
}

function isCauseCode(code: string): code is CauseCode {
  return CODES.some(each => each === code);
}
