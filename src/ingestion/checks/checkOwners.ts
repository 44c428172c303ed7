import { stringifyError, toError } from '@backstage/errors';
import { readLocationKeys } from '../../database/catalogTables';
import type { Problem } from '../../lib/problem';
import { readProblems, updateProblems } from '../database/problems';
import { type OwnerInUse, readOwnersInUse } from '../database/records';
import { aboutRun, logProblems } from '../logRun';
import type { RunContext } from '../runContext';

const CODE = 'owner-unknown';

/**
 * Warns of owners that the catalog does not know, once for each owner. They are
 * checked after entities changed, and also while one is unknown, since it may
 * appear in the catalog without any change of the list.
 */
export async function checkOwners(
  context: Pick<RunContext, 'knex' | 'settings' | 'run' | 'logger'>,
  hasChanged: boolean,
): Promise<void> {
  const { knex, settings, run, logger } = context;
  const { name: source } = settings;
  try {
    const open = await readProblems({ knex, source, code: CODE });
    if (!hasChanged && open.length === 0) {
      return;
    }
    const owners = await readOwnersInUse({ knex, source });
    const entityRefs = owners.map(({ owner }) => owner);
    const known = await readLocationKeys({ knex, entityRefs });
    const found = owners
      .filter(({ owner }) => !known.has(owner))
      .map(owner => unknownOwner(source, owner));
    if (found.length > 0 || open.length > 0) {
      const isEvaluated = ({ code }: Pick<Problem, 'code'>) => code === CODE;
      const problems = await knex.transaction(tx =>
        updateProblems({
          tx,
          run,
          outcome: { found, isEvaluated },
          isList: false,
        }),
      );
      logProblems({ logger, about: aboutRun(run), problems });
    }
  } catch (error) {
    // The run itself has succeeded. The next one checks again.
    logger.warn(
      `Could not look for unknown owners in source "${source}": ${stringifyError(
        toError(error),
      )}`,
    );
  }
}

function unknownOwner(
  source: string,
  { owner, entities, example }: OwnerInUse,
): Problem {
  const users =
    entities === 1
      ? `"${example}"`
      : `${entities} entities, such as "${example}",`;
  return {
    code: CODE,
    severity: 'warning',
    entityRef: owner,
    path: 'spec.owner',
    message: `The catalog does not know "${owner}", the owner of ${users} of source "${source}"; check its spelling, or add it to the catalog`,
  };
}
