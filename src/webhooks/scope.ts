import type { SenderSettings } from '../config/sender';
import { resolveService } from '../config/senderEntity';
import {
  type DeploymentEvent,
  destinationName,
} from '../deployments/deployment';
import { createGlobMatcher } from '../lib/globMatcher';
import { type Claims, wrongClaim } from './verify/claims';

type ScopeCode =
  | 'service-not-allowed'
  | 'environment-not-allowed'
  | 'token-not-allowed';

/**
 * What an event touches that its sender may not touch. A service has to be
 * allowed under the name that is sent and under the one that an alias makes of
 * it: an alias does not widen what a sender may touch. An environment that is
 * allowed covers its targets. The claims of a token have to agree with both.
 */
export function outsideScope(
  { sender, token }: { sender: SenderSettings; token?: { claims: Claims } },
  event: DeploymentEvent,
): { code: ScopeCode; message: string } | undefined {
  const { service } = event;
  const { name, services = ['*'], environments } = sender;
  const outside: Array<{ code: ScopeCode; thing: string }> = [];
  const isAllowed = createGlobMatcher(services.map(glob => glob.toLowerCase()));
  for (const each of new Set([service, resolveService(sender, service)])) {
    if (!isAllowed(each.toLowerCase())) {
      outside.push({ code: 'service-not-allowed', thing: `service "${each}"` });
    }
  }
  const destination = destinationName(event);
  if (
    environments &&
    ![destination, event.environment].some(each => environments.includes(each))
  ) {
    const thing = `environment "${destination}"`;
    outside.push({ code: 'environment-not-allowed', thing });
  }
  const patterns = sender.verify.jwt?.claims;
  const claim =
    token && patterns
      ? wrongClaim({ patterns, claims: token.claims, event })
      : undefined;
  if (claim !== undefined) {
    const thing = `service "${service}" in "${destination}" with a token whose claim "${claim}" is of another`;
    outside.push({ code: 'token-not-allowed', thing });
  }
  if (outside.length === 0) {
    return undefined;
  }
  const things = outside.map(({ thing }) => thing).join(', ');
  return {
    code: outside[0].code,
    message: `Sender "${name}" may not touch ${things}`,
  };
}
