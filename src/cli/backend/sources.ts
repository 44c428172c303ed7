import { NotFoundError } from '@backstage/errors';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  describeItem,
  describeTable,
  noteMore,
  print,
  printList,
} from '../output';
import { type Call, STATUS, type Terminal } from '../terminal';
import {
  Backend,
  type BackendOptions,
  type ListOptions,
  sourcePath,
} from './client';

type CheckOptions = ListOptions & { check?: boolean };

/** `sources`: how sources are doing. */
export async function sources(call: Call<CheckOptions>): Promise<number> {
  const { args, options, terminal } = call;
  const { check, all, limit } = options;
  const backend = new Backend(call);
  const [name] = args;
  if (name === undefined) {
    // One that is not read may need attention.
    const wanted = { limit, all: all || check };
    const list = await backend.list('/sources', wanted);
    print(call, list.items, () => describeSources(terminal, list.items));
    noteMore(terminal, list);
    return statusOf(check && list.items.some(needsAttention));
  }
  const source = await backend.get(sourcePath(name));
  print(call, source, () => describeItem(terminal, source));
  return statusOf(check && needsAttention(source));
}

function statusOf(hasProblems: boolean | undefined): number {
  return hasProblems ? STATUS.PROBLEMS : STATUS.OK;
}

function needsAttention({ attention }: any): boolean {
  return attention.length > 0;
}

function describeSources(terminal: Terminal, items: any[]): string[] {
  const rows = items.map(({ name, state, entities, ...source }) => ({
    name,
    state,
    entities,
    ...source.problems,
    'last run': source.lastRun?.startedAt,
    outcome: source.lastRun?.outcome,
    attention: source.attention.map(({ code }: any) => code).join(', '),
  }));
  return rows.length > 0
    ? describeTable(terminal, rows)
    : ['There are no sources.'];
}

/** `problems`: the present problems of a source. */
export async function problems(call: Call<CheckOptions>): Promise<number> {
  const { args, options } = call;
  const backend = new Backend(call);
  const path = sourcePath(args[0]);
  const list = await backend.list(`${path}/problems`, options);
  printList(call, list, {
    columns: [
      'severity',
      'code',
      'firstSeenAt',
      'recordId',
      'entityRef',
      'path',
      'message',
      'value',
    ],
    none: 'There are no problems.',
  });
  if (!options.check) {
    return STATUS.OK;
  }
  // The list may be cut, and lacks what the caller may not see.
  const source = await backend.get(path);
  return statusOf(source.problems.errors > 0);
}

interface SyncOptions extends BackendOptions {
  record?: string;
  force?: boolean;
  wait?: boolean;
}

/** `sync`: starts a run over the list, or syncs one record. */
export async function sync(call: Call<SyncOptions>): Promise<number> {
  const { args, options, terminal } = call;
  const { record: recordId, force, wait } = options;
  const backend = new Backend(call);
  const path = sourcePath(args[0]);
  const begun = await backend.post(`${path}/sync`, { recordId, force });
  if (!wait) {
    print(call, begun, () => [`${begun.status}, run ${begun.runId}`]);
    return STATUS.OK;
  }
  const run = await waitForRun(backend, `${path}/runs`, begun, terminal);
  print(call, run, () => [
    ...describeItem(terminal, run),
    ...(run.held ? ['"plan" shows what is held'] : []),
  ]);
  const isFine = ['applied', 'unchanged'].includes(run.outcome);
  return statusOf(!isFine || run.held);
}

const INTERVAL_MS = 1000;

async function waitForRun(
  backend: Backend,
  path: string,
  { runId }: { runId: string },
  { signal, stderr }: Terminal,
): Promise<any> {
  if (stderr.isTTY) {
    stderr.write(`Waiting for run ${runId} to end\n`);
  }
  for (;;) {
    const { items } = await backend.list(path, { limit: 500 });
    const run = items.find(({ id }) => id === runId);
    if (!run) {
      throw new NotFoundError(`The backend has no run "${runId}" any more`);
    }
    if (run.outcome !== 'running') {
      return run;
    }
    await sleep(INTERVAL_MS, undefined, { signal });
  }
}
