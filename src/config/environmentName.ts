import { DEPLOYED_AT_PREFIX, DEPLOYED_VERSION_PREFIX } from '../lib/keys';

/** What is after the `/` of an annotation's key has at most 63 characters. */
const MAX_LENGTH = Math.min(
  ...[DEPLOYED_VERSION_PREFIX, DEPLOYED_AT_PREFIX].map(
    prefix => 63 - (prefix.length - prefix.indexOf('/') - 1),
  ),
);

const NAME = /^[A-Za-z0-9]([A-Za-z0-9_.-]*[A-Za-z0-9])?$/;

/** Why nothing can be deployed into an environment of that name, or undefined where it can. */
export function environmentFault(name: string): string | undefined {
  if (name.length > MAX_LENGTH) {
    return `must have at most ${MAX_LENGTH} characters`;
  }
  return NAME.test(name)
    ? undefined
    : 'becomes part of an annotation: letters, digits, "-", "_" and ".", the first and the last a letter or a digit';
}
