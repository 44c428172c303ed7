import { InputError } from '@backstage/errors';
import type { Misconfigured } from './settings';

/** Why a backend with `strict` must not start, all of it; undefined where nothing is misconfigured. */
export function refusalOf(
  faults: Pick<Misconfigured, 'key' | 'reason'>[],
): InputError | undefined {
  if (faults.length === 0) {
    return undefined;
  }
  const lines = faults.map(({ key, reason }) => `- ${key}: ${reason}`);
  return new InputError(
    `catalog.customData is misconfigured, and strict:\n${lines.join('\n')}`,
  );
}
