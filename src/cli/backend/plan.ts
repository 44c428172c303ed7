import { ConflictError, InputError } from '@backstage/errors';
import {
  describeItem,
  describeTable,
  print,
  printLines,
  noteMore,
} from '../output';
import { type Call, STATUS, type Terminal } from '../terminal';
import {
  Backend,
  type BackendOptions,
  type List,
  type ListOptions,
  segment,
  sourcePath,
} from './client';

/** `plan`: what a source holds until somebody decides. */
export async function plan(call: Call<ListOptions>): Promise<number> {
  const { args, options, terminal } = call;
  const list = await new Backend(call).list(
    `${sourcePath(args[0])}/plan`,
    options,
  );
  const { items, first } = list;
  const { totalItems } = first;
  print(call, { plan: first.plan, items, totalItems }, () =>
    describePlan(terminal, list),
  );
  noteMore(terminal, list);
  return STATUS.OK;
}

/**
 * `approve` and `reject`: decide on the plan with a hash. The hash is always
 * given by the caller: what is approved is what somebody has looked at, and
 * never a plan that came in between.
 */
export async function decide(call: Call<BackendOptions>): Promise<number> {
  const { name: action, args } = call;
  const [source, hash] = args;
  const backend = new Backend(call);
  const path = `${sourcePath(source)}/plan`;
  if (hash === undefined) {
    const list = await backend.list(path, { all: true });
    throw refuse(call, list);
  }
  const answer = await backend.post(
    `${path}/${segment(hash, 'hash')}/${action}`,
  );
  print(call, answer, () => [
    action === 'approve'
      ? 'Approved. The next run carries it out.'
      : 'Rejected. The entities stay as they are.',
  ]);
  return STATUS.OK;
}

/** Shows the whole plan, and how to decide on it. */
function refuse(
  { name: action, args: [source], terminal }: Call<BackendOptions>,
  list: List,
): Error {
  const pending = list.first.plan;
  if (pending?.state !== 'pending') {
    return new ConflictError(
      `Nothing of source "${source}" waits for a decision`,
    );
  }
  printLines(terminal, describePlan(terminal, list));
  return new InputError(
    `Nothing was decided. To ${action} exactly this: catalog-custom-data ${action} ${source} ${pending.hash}`,
  );
}

function describePlan(terminal: Terminal, { items, first }: List): string[] {
  if (!first.plan) {
    return ['Nothing is held.'];
  }
  return [
    ...describeItem(terminal, first.plan),
    ...(items.length > 0
      ? ['', ...describeTable(terminal, items.flatMap(rowsOf))]
      : []),
  ];
}

/** A row for each field that would change, or one for an entity that would go. */
function rowsOf({ entityRef: entity, recordId: record, owner, changes }: any) {
  const row = (would: string, from?: string, to?: string) => ({
    entity,
    would,
    from,
    to,
    owner,
    record,
  });
  return changes
    ? changes.map(({ field, from, to }: any) =>
        row(`change ${field}`, from ?? 'nothing', to ?? 'nothing'),
      )
    : [row('be removed')];
}
