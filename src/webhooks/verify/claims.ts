import type { ClaimPatterns } from '../../config/claims';
import { createGlobMatcher } from '../../lib/globMatcher';

/** What a token says; nothing is known of the types. */
export type Claims = Readonly<Record<string, unknown>>;

/** What claims have to agree with. */
export interface ClaimedEvent {
  service: string;
  environment: string;
}

/**
 * The first claim that is not as it has to be, if any. Without an event, its
 * placeholders stand for any text.
 */
export function wrongClaim(options: {
  patterns: ClaimPatterns;
  claims: Claims;
  event?: ClaimedEvent;
}): string | undefined {
  const { patterns, claims, event } = options;
  return Object.keys(patterns).find(name => {
    const value = textOf(claims[name]);
    return (
      value === undefined ||
      !patterns[name].some(pattern => matches(pattern, value, event))
    );
  });
}

/** Own claims alone; ids are numbers at some issuers, and flags are booleans. */
function textOf(value: unknown): string | undefined {
  return ['string', 'number', 'boolean'].includes(typeof value)
    ? String(value)
    : undefined;
}

function matches(
  pattern: string,
  value: string,
  event: ClaimedEvent | undefined,
): boolean {
  const { service = '*', environment = '*' } = event ?? {};
  if (event && [service, environment].some(each => each.includes('*'))) {
    return false;
  }
  const fill = (named: string) =>
    pattern
      .replaceAll('{service}', () => named)
      .replaceAll('{environment}', () => environment);
  // Names of services are the same in upper and lower case, and nothing else is.
  return (
    createGlobMatcher([fill('*')])(value) &&
    createGlobMatcher([fill(service).toLowerCase()])(value.toLowerCase())
  );
}
