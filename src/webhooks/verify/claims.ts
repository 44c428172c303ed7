import type { ClaimPatterns } from '../../config/claims';
import { createGlobMatcher } from '../../lib/globMatcher';

/** What a token says; nothing is known of the types. */
export type Claims = Readonly<Record<string, unknown>>;

/** What claims have to agree with. */
export interface ClaimedEvent {
  service: string;
  environment: string;
  /** Where the event names one in place of a service. */
  repository?: string;
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
  const { environment = '*' } = event ?? {};
  const asText = fillService(pattern, event);
  if (
    asText === undefined ||
    (event && [event.service, environment].some(each => each.includes('*')))
  ) {
    return false;
  }
  const fill = (text: string) =>
    text.replaceAll('{environment}', () => environment);
  // Names of services are the same in upper and lower case, and nothing else is.
  return (
    createGlobMatcher([fill(pattern.replaceAll('{service}', '*'))])(value) &&
    createGlobMatcher([fill(asText).toLowerCase()])(value.toLowerCase())
  );
}

/**
 * A pattern with the service of an event, or its repository in place of the path
 * that `{service}` ends. Nothing where the repository is not within that path.
 */
function fillService(
  pattern: string,
  event: ClaimedEvent | undefined,
): string | undefined {
  const { service = '*', repository } = event ?? {};
  if (repository === undefined) {
    return pattern.replaceAll('{service}', () => service);
  }
  const paths = pattern.match(/[^\s:{}]*(?=\{service\})/g) ?? [];
  const isWithin = (path: string) =>
    createGlobMatcher([`${path}*`.toLowerCase()])(repository.toLowerCase());
  return paths.every(isWithin)
    ? pattern.replaceAll(/[^\s:{}]*\{service\}/g, () => repository)
    : undefined;
}
