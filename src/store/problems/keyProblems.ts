import { createHash } from 'node:crypto';
import type { Problem } from '../../model/problem';

/**
 * Gives each problem a key that stays while it lasts: where it is and what it
 * is. Its message may change meanwhile; several at one place are numbered.
 */
export function keyProblems(problems: Problem[]): Map<string, Problem> {
  const keyed = new Map<string, Problem>();
  const seen = new Map<string, number>();
  for (const problem of problems) {
    const { code, recordId, entityRef, path } = problem;
    const place = JSON.stringify([code, recordId, entityRef, path]);
    const number = seen.get(place) ?? 0;
    seen.set(place, number + 1);
    const hash = createHash('sha256').update(`${number} ${place}`);
    keyed.set(hash.digest('hex'), problem);
  }
  return keyed;
}
