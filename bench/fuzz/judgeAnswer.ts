import type { Answer } from '../webhooks/load/AnswerReader';
import type { FuzzCase } from './createCase';

/** Stored, or known already. */
const TAKEN = [200, 202];

/** What answers to unsigned requests may not hold: what is wrong with a content is told to its sender alone. */
const ABOUT_CONTENT = /"name":"(InputError|NotAllowedError)"/;

/** Judges answers; the first 401 says what all the others have to be. */
export function createJudge(): (
  fuzzed: Pick<FuzzCase, 'signed' | 'whole'>,
  answer: Answer | undefined,
) => string | undefined {
  let unverified: Buffer | undefined;
  return ({ signed, whole }, answer) => {
    if (!answer) {
      return whole ? 'was not answered' : undefined;
    }
    const { status, body } = answer;
    if (status >= 500) {
      return `was answered ${status}: ${body}`;
    }
    if (!signed && TAKEN.includes(status)) {
      return `was taken (${status}), though nobody signed it`;
    }
    if (!signed && ABOUT_CONTENT.test(body.toString())) {
      return `was read before it was verified: ${body}`;
    }
    if (signed && status === 401) {
      return 'was not verified, though it is signed';
    }
    if (status === 401) {
      unverified ??= Buffer.from(body);
      return body.equals(unverified)
        ? undefined
        : `was answered 401 in other words: ${body}`;
    }
    return undefined;
  };
}
