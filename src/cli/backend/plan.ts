import { type Call, STATUS, type Terminal } from '../terminal';
import {
  type BackendOptions,
  Backend,
  type List,
  type ListOptions,
  segment,
} from './client';
import {
  noteMore,
  plainTime,
  printFields,
  printJson,
  printTable,
} from './output';

/** `plan`: what a source holds until somebody decides. */
export async function run(
  call: Call<BackendOptions & ListOptions>,
): Promise<number> {
  const { args, options, terminal } = call;
  const list = await readPlan(new Backend(call), args[0], options);
  if (options.json) {
    const { plan, totalItems } = list.first;
    printJson(terminal, { plan, items: list.items, totalItems });
  } else {
    printPlan(terminal, list);
  }
  noteMore(terminal, list);
  return STATUS.OK;
}

export function readPlan(
  backend: Backend,
  name: string,
  { limit, all }: ListOptions,
): Promise<List> {
  const path = `/sources/${segment(name, 'source')}/plan`;
  return backend.list(path, { limit, all });
}

export function printPlan(terminal: Terminal, { items, first }: List): void {
  const { plan } = first;
  if (!plan) {
    terminal.stdout.write('Nothing is held.\n');
    return;
  }
  printFields(terminal, {
    plan: plan.hash,
    state: plan.state,
    reason: plan.reason,
    entities: plan.count,
    created: plainTime(plan.createdAt),
    'last wanted': plainTime(plan.lastSeenAt),
    expires: plainTime(plan.expiresAt),
    decided:
      plan.decidedBy && `by ${plan.decidedBy} at ${plainTime(plan.decidedAt)}`,
  });
  if (items.length > 0) {
    terminal.stdout.write('\n');
    printTable(terminal, items.flatMap(rowsOf));
  }
}

/** A row for each field that would change, or one for an entity that would go. */
function rowsOf({ entityRef, recordId, owner, changes }: any) {
  const row = (what: string, from?: string, to?: string) => ({
    ENTITY: entityRef,
    WOULD: what,
    FROM: from,
    TO: to,
    OWNER: owner,
    RECORD: recordId,
  });
  return changes
    ? changes.map(({ field, from, to }: any) =>
        row(`change ${field}`, from ?? 'nothing', to ?? 'nothing'),
      )
    : [row('be removed')];
}
