import { InputError } from '@backstage/errors';

const TARGET = /^([a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)\/(.+)$/s;

/**
 * Takes a location target `<source>/<record id>` apart. What may stand in a
 * record id is for the source to say.
 *
 * @throws InputError where it is none.
 */
export function parseTarget(target: string): {
  source: string;
  recordId: string;
} {
  const match = TARGET.exec(target);
  if (!match) {
    throw new InputError(
      `"${target}" is no target of a custom-data location; write <source>/<record id>`,
    );
  }
  return { source: match[1], recordId: match[2] };
}
