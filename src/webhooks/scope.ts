import { parseEntityTemplate, resolveService } from '../config/senderEntity';
import type { SenderSettings } from '../config/settings';
import type { DeploymentEvent } from '../deployments/deployment';
import { createGlobMatcher } from '../lib/globMatcher';

export interface OutOfScope {
  code:
    | 'namespace-not-allowed'
    | 'service-not-allowed'
    | 'environment-not-allowed';
  /** Names everything that is outside, for the sender. */
  message: string;
}

type Check = (
  sender: SenderSettings,
  event: DeploymentEvent,
) => OutOfScope | undefined;

const checkNamespace: Check = ({ entity, namespaces }) => {
  const { namespace } = parseEntityTemplate(entity);
  return namespaces.some(allowed => allowed.toLowerCase() === namespace)
    ? undefined
    : {
        code: 'namespace-not-allowed',
        message: `namespace "${namespace}"`,
      };
};

/**
 * A service has to be allowed under the name that is sent and under the one
 * that an alias makes of it: an alias does not widen what a sender may touch.
 */
const checkService: Check = (sender, { service }) => {
  const isAllowed = createGlobMatcher(
    (sender.services ?? ['*']).map(pattern => pattern.toLowerCase()),
  );
  const names = new Set([service, resolveService(sender, service)]);
  const outside = [...names].filter(name => !isAllowed(name.toLowerCase()));
  return outside.length === 0
    ? undefined
    : {
        code: 'service-not-allowed',
        message: outside.map(name => `service "${name}"`).join(', '),
      };
};

const checkEnvironment: Check = ({ environments }, { environment }) =>
  environments?.includes(environment) ?? true
    ? undefined
    : {
        code: 'environment-not-allowed',
        message: `environment "${environment}"`,
      };

/** What an event touches that its sender was not given. */
export const outsideScope: Check = (sender, event) => {
  const outside = [checkNamespace, checkService, checkEnvironment].flatMap(
    check => check(sender, event) ?? [],
  );
  if (outside.length === 0) {
    return undefined;
  }
  const things = outside.map(({ message }) => message).join(', ');
  return {
    code: outside[0].code,
    message: `Sender "${sender.name}" may not touch ${things}`,
  };
};
