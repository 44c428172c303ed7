import { z } from 'zod';
import { checkedText, list, map } from './primitives';

/** What an event says, for claims to agree with. */
export const PLACEHOLDERS = ['{service}', '{environment}'] as const;

const pattern = checkedText(value => {
  const rest = PLACEHOLDERS.reduce(
    (left, each) => left.replaceAll(each, ''),
    value,
  );
  return /[{}]/.test(rest)
    ? `has other braces than ${PLACEHOLDERS.join(' and ')}`
    : undefined;
});

/** What each claim has to be: a text or one of several, with `*` for any text. */
export const claims = map(
  z.union([pattern.transform(value => [value]), list(pattern)]),
);

export type ClaimPatterns = z.output<typeof claims>;

/**
 * Issuers that give tokens to anybody who has an account, for whatever audience:
 * the claims that say whose token one is.
 */
const SHARED_ISSUERS: Record<string, string[]> = {
  'https://token.actions.githubusercontent.com': [
    'repository',
    'repository_owner',
    'repository_id',
    'repository_owner_id',
    'enterprise',
    'enterprise_id',
    'sub',
  ],
  'https://gitlab.com': [
    'project_path',
    'project_id',
    'namespace_path',
    'namespace_id',
    'sub',
  ],
};

/** Without a claim that names the owner, every user of such an issuer is let in. */
export function sharedIssuerFault(options: {
  issuer: string;
  claims: ClaimPatterns;
}): string | undefined {
  const { issuer, claims: given } = options;
  const owners = SHARED_ISSUERS[issuer.replace(/\/$/, '')];
  const isOwned = owners?.some(claim => given[claim]?.every(namesOwner));
  return !owners || isOwned
    ? undefined
    : `must say whose tokens are taken, as this issuer gives them to anybody: give one of ${owners.join(
        ', ',
      )}, beginning with the name of the owner, such as "acme/*"`;
}

/** Whether everything up to the end of the owner's name is fixed. */
function namesOwner(value: string): boolean {
  const [fixed, ...rest] = value.split(/[*{]/);
  return rest.length === 0 || /[^/:]\//.test(fixed);
}
