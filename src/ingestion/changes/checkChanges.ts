import { stringifyEntityRef } from '@backstage/catalog-model';
import {
  type Contribution,
  readAdoptedKeys,
  readRecords,
} from '../database/records';
import type { ChangeKind } from '../database/runs';
import { toContribution } from '../mapRecord';
import { findOwnership } from '../ownership';
import type { RunContext } from '../runContext';
import type { EntityChange, LeftChange } from './change';
import { withoutLocation } from './entityFields';
import {
  type CurrentEntity,
  type CurrentPin,
  readCurrentEntities,
  readCurrentPins,
} from './readCurrent';

/** A change that may be made. */
export interface CheckedChange {
  entityRef: string;
  /** The record that gives the entity, or gave it. */
  recordId: string;
  change: EntityChange;
  /** None for a removal. */
  contribution?: Contribution;
  current?: CurrentEntity;
  pin?: CurrentPin;
}

type CheckContext = Pick<
  RunContext,
  'knex' | 'settings' | 'validateEntity' | 'run'
>;

/** Tells changes that may be made from those that have to be left, and why. */
export async function checkChanges(
  context: CheckContext,
  { kind, changes }: { kind: ChangeKind; changes: EntityChange[] },
): Promise<{
  passed: CheckedChange[];
  left: LeftChange[];
  /** Location keys of others under which the catalog has entities of the source. */
  adopted: Map<string, string>;
}> {
  const { knex, settings, run } = context;
  const source = settings.name;
  const entityRefs = changes.map(({ entityRef }) => entityRef);
  const current = await readCurrentEntities({ knex, source, entityRefs });
  const now = run.startedAt;
  const pins = await readCurrentPins({ knex, entityRefs, now });
  const candidates: CheckedChange[] = [];
  const left: LeftChange[] = [];
  for (const change of changes) {
    const { entityRef } = change;
    const found = { current: current.get(entityRef), pin: pins.get(entityRef) };
    const checked = await checkChange(context, { kind, change, ...found });
    if (typeof checked === 'string') {
      const reason = checked;
      left.push({ entityRef, reason, current: found.current?.hash });
    } else {
      candidates.push(checked);
    }
  }
  const { foreignOwners, adopted } = await findOwners(context, candidates);
  const passed = candidates.filter(c => !foreignOwners.has(c.entityRef));
  for (const [entityRef, owner] of foreignOwners) {
    left.push({ entityRef, reason: `${owner} owns it` });
  }
  return { passed, left, adopted };
}

interface Found {
  kind: ChangeKind;
  change: EntityChange;
  current?: CurrentEntity;
  pin?: CurrentPin;
}

/** Returns why a change is left, if it is. */
async function checkChange(
  { settings, validateEntity }: CheckContext,
  { kind, change, current, pin }: Found,
): Promise<CheckedChange | string> {
  const { entityRef, after } = change;
  const source = settings.name;
  if (current && current.source !== source) {
    return `source "${current.source}" owns it`;
  }
  const outdated = outdatedReason(change, current);
  if (outdated) {
    return outdated;
  }
  if (kind === 'push' && pin && !change.pin) {
    return `it is pinned by ${pin.by}: ${pin.reason}; unpin it first`;
  }
  const holder = current?.state?.recordId ?? pin?.recordId;
  const found = { entityRef, change, current, pin };
  if (!after) {
    return { ...found, recordId: holder ?? change.recordId ?? entityRef };
  }
  const recordId = change.recordId ?? holder ?? entityRef;
  const outcome = await validateEntity(withoutLocation(after), recordId);
  if (outcome.type === 'invalid') {
    return outcome.problems.map(({ message }) => message).join('; ');
  }
  const { entity } = outcome;
  if (stringifyEntityRef(entity) !== entityRef) {
    return `what it is to be is "${stringifyEntityRef(entity)}"`;
  }
  const contribution = toContribution({ source, recordId, entity });
  return { ...found, recordId, contribution };
}

/** Why a change no longer fits what there is, if it does not. */
export function outdatedReason(
  { before }: Pick<EntityChange, 'before'>,
  current: Pick<CurrentEntity, 'hash'> | undefined,
): string | undefined {
  if (before === undefined || before === (current?.hash ?? null)) {
    return undefined;
  }
  if (!current) {
    return 'it was removed since';
  }
  return before === null ? 'it exists by now' : 'it was changed since';
}

async function findOwners(context: CheckContext, candidates: CheckedChange[]) {
  const { knex, settings } = context;
  const source = settings.name;
  const recordIds = candidates.map(({ recordId }) => recordId);
  return findOwnership(context, {
    stored: await readRecords({
      knex,
      source,
      recordIds: [...new Set(recordIds)],
    }),
    observed: candidates.map(({ recordId, contribution }) => ({
      recordId,
      outcome: {
        type: 'mapped',
        contributions: contribution ? [contribution] : [],
      },
    })),
    adopted: await readAdoptedKeys({ knex, source }),
  });
}
