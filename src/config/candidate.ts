import { InputError } from '@backstage/errors';
import type { JsonObject } from '@backstage/types';
import { z } from 'zod';
import { isObject } from '../lib/values';
import { entityTemplates } from './entities';
import { formatKey, listFaults, parse } from './messages';
import { block, checked, expression, refusedKeys } from './primitives';
import { overHttp } from './request';
import {
  lookUpTables,
  recordSchema,
  removals,
  type SourceSettings,
} from './source';

/** Keys that a candidate may have. */
const own = {
  records: expression.optional(),
  id: expression.optional(),
  entity: entityTemplates.optional(),
  when: expression.optional(),
  tables: lookUpTables.optional(),
  schema: recordSchema
    .pipe(
      checked<JsonObject>(value =>
        typeof value === 'string'
          ? 'is the path of a file; a candidate has the JSON Schema itself, since nothing of it is read on the backend'
          : undefined,
      ),
    )
    .optional(),
  removals,
};

/** What a candidate may have. */
export const candidateBody = z.strictObject(own);

export const CANDIDATE_KEYS = Object.keys(own) as Array<keyof typeof own>;

/** With any of these, a candidate has code of its own. */
const CODE = CANDIDATE_KEYS.filter(key => key !== 'removals');

const candidate = block({
  ...refusedKeys(
    ['type', 'url', ...Object.keys(overHttp)],
    'is not for a candidate: requests are sent with the credentials of the backend, so only its configuration says where to; remove it',
  ),
  ...own,
});

/** Settings of a source that are tried in place of its own. */
export type Candidate = Partial<
  Pick<SourceSettings, keyof typeof own & keyof SourceSettings>
>;

/** Throws an `InputError` that names everything that is wrong with a candidate. */
export function readCandidate(value: unknown): Candidate {
  const parsed = parse(candidate, value, []);
  if (parsed.type === 'faulty') {
    const faults = parsed.faults.map(({ path, reason }) => ({
      setting: formatKey(path) || 'body',
      reason,
    }));
    throw new InputError(listFaults(faults));
  }
  const given = Object.entries(parsed.value).filter(([key]) =>
    Object.hasOwn(Object(value), key),
  );
  return Object.fromEntries(given);
}

/** Whether a candidate has expressions, templates, tables or a schema of its own. */
export function hasCode(value: unknown): boolean {
  return isObject(value) && CODE.some(key => value[key] !== undefined);
}

/** The settings of a source with those of a candidate in their place. */
export function withCandidate(
  settings: SourceSettings,
  given: Candidate,
): SourceSettings {
  const { name, transformer } = settings;
  if (transformer !== undefined && hasCode(given) && !given.entity) {
    throw new InputError(
      `Source "${name}" is mapped by the transformer "${transformer}", in the process of the backend; a candidate needs an "entity" of its own, which is then used in its place`,
    );
  }
  return {
    ...settings,
    ...given,
    ...(given.entity && { transformer: undefined }),
  };
}
