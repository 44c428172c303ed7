import type { SenderSettings } from '../config/settings';
import type { DeploymentEvent } from '../deployments/deployment';
import { createGlobMatcher } from '../lib/globMatcher';
import { createServiceNames } from './dialects/serviceNames';
import type { RefusalCode } from './sender';

export interface OutOfScope {
  code: RefusalCode;
  /** Names everything that is outside, for the sender. */
  message: string;
}

/** What an event touches that its sender was not given. */
export type Scope = (event: DeploymentEvent) => OutOfScope | undefined;

/**
 * The scope of a sender, made once. A service has to be allowed under the name
 * that is sent and under the one that an alias makes of it: an alias does not
 * widen what a sender may touch.
 */
export function createScope(sender: SenderSettings): Scope {
  const checks = [
    namespaceCheck(sender),
    serviceCheck(sender),
    environmentCheck(sender),
  ];
  return event => {
    const outside = checks.flatMap(check => check(event) ?? []);
    return outside.length === 0
      ? undefined
      : {
          code: outside[0].code,
          message: `Sender '${sender.name}' may not touch ${outside
            .map(({ message }) => message)
            .join(', ')}`,
        };
  };
}

function namespaceCheck(sender: SenderSettings): Scope {
  const { namespace } = createServiceNames(sender);
  const isAllowed = sender.namespaces.some(
    allowed => allowed.toLowerCase() === namespace,
  );
  const outside: OutOfScope = {
    code: 'namespace-not-allowed',
    message: `namespace '${namespace}'`,
  };
  return () => (isAllowed ? undefined : outside);
}

function serviceCheck(sender: SenderSettings): Scope {
  if (sender.services === undefined) {
    return () => undefined;
  }
  const { resolve } = createServiceNames(sender);
  const isAllowed = createGlobMatcher(
    sender.services.map(pattern => pattern.toLowerCase()),
  );
  return ({ service }) => {
    const outside = [...new Set([service, resolve(service)])].filter(
      name => !isAllowed(name.toLowerCase()),
    );
    return outside.length === 0
      ? undefined
      : {
          code: 'service-not-allowed',
          message: outside.map(name => `service '${name}'`).join(', '),
        };
  };
}

function environmentCheck({ environments }: SenderSettings): Scope {
  return ({ environment }) =>
    environments === undefined || environments.includes(environment)
      ? undefined
      : {
          code: 'environment-not-allowed',
          message: `environment '${environment}'`,
        };
}
