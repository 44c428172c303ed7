import { stringifyError, toError } from '@backstage/errors';
import type { Problem, ProblemCode } from '../lib/problem';
import { checkCycles, type CycleOutcome } from './checks/checkCycles';
import { checkOwners } from './checks/checkOwners';
import type { StoredRecords } from './database/SyncStore';
import type { ProblemOutcome } from './database/problems';
import type { ObservedRecord } from './planTypes';
import type { RunContext } from './runContext';

const CYCLE: ProblemCode = 'relation-cycle';
const OWNER: ProblemCode = 'owner-unknown';

/** Looks for cycles of relations through what a run over the list has mapped. */
export async function checkList(
  context: RunContext,
  options: { observed: ObservedRecord[]; stored: StoredRecords },
): Promise<CycleOutcome> {
  return check(context, { ...options, open: await openCycles(context) });
}

/** The same for a run over a single record. */
export async function checkRecord(
  context: RunContext,
  options: { record: ObservedRecord; stored: StoredRecords },
): Promise<CycleOutcome> {
  const { record, stored } = options;
  const open = await openCycles(context);
  return check(context, {
    observed: [record],
    stored,
    open: open.filter(({ recordId }) => recordId === record.recordId),
  });
}

/** Looks again at cycles that are known, where the list has not changed: others may have broken them. */
export async function recheckCycles(
  context: RunContext,
): Promise<ProblemOutcome | undefined> {
  const open = await openCycles(context);
  if (open.length === 0) {
    return undefined;
  }
  const { problems, judged } = await check(context, {
    observed: [],
    stored: { records: new Map(), contributions: new Map() },
    open,
  });
  return { found: problems, judged: ({ code }) => judged.includes(code) };
}

function openCycles({ store, settings }: RunContext): Promise<Problem[]> {
  return store.openProblems(settings.name, [CYCLE]);
}

function check(
  context: RunContext,
  options: {
    observed: ObservedRecord[];
    stored: StoredRecords;
    open: Problem[];
  },
): Promise<CycleOutcome> {
  const { settings, state, fingerprint, run } = context;
  const { name: source, cycles: policy } = settings;
  const isWhole = state.fingerprint !== fingerprint || run.kind === 'reconcile';
  // What was there before was searched then, unless all is looked at anew.
  const before = isWhole
    ? []
    : [...options.stored.contributions.values()].flat();
  const listed = new Set(options.observed.map(({ recordId }) => recordId));
  return checkCycles({
    ...context,
    ...options,
    source,
    policy,
    gone: [...options.stored.records.keys()].filter(id => !listed.has(id)),
    known: new Set(before.map(({ entityRef }) => entityRef)),
  });
}

/**
 * Looks which owners the catalog does not know, after entities changed or while
 * one was unknown: it may have come since, without any change of the list.
 */
export async function checkOwnersInUse(
  context: RunContext,
  hasChanged: boolean,
): Promise<void> {
  const { logger, settings } = context;
  try {
    await judgeOwners(context, hasChanged);
  } catch (error) {
    // The run has ended well by now; the next one looks again.
    logger.warn(
      `Could not look for unknown owners in source "${
        settings.name
      }": ${stringifyError(toError(error))}`,
    );
  }
}

async function judgeOwners(
  { store, settings, run, registry }: RunContext,
  hasChanged: boolean,
): Promise<void> {
  const { name: source } = settings;
  const open = await store.openProblems(source, [OWNER]);
  if (!hasChanged && open.length === 0) {
    return;
  }
  const owners = await store.ownersInUse(source);
  const found = await checkOwners({ source, owners, registry });
  if (found.length > 0 || open.length > 0) {
    const judged: ProblemOutcome['judged'] = ({ code }) => code === OWNER;
    await store.saveProblems(run, { found, judged });
  }
}
