import { NotFoundError } from '@backstage/errors';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Call, STATUS } from '../terminal';
import { Backend, type BackendOptions, segment } from './client';
import { plainTime, printFields, printJson } from './output';

interface SyncOptions extends BackendOptions {
  record?: string;
  force?: boolean;
  wait?: boolean;
  json?: boolean;
}

const INTERVAL_MS = 1000;

/** `sync`: starts a run over the list, or syncs one record. */
export async function run(call: Call<SyncOptions>): Promise<number> {
  const { args, options, terminal } = call;
  const { record: recordId, force, wait, json } = options;
  const backend = new Backend(call);
  const path = `/sources/${segment(args[0], 'source')}`;
  const answer = await backend.post(`${path}/sync`, { recordId, force });
  if (!wait) {
    if (json) {
      printJson(terminal, answer);
    } else {
      terminal.stdout.write(`${answer.status}, run ${answer.runId}\n`);
    }
    return STATUS.OK;
  }
  const ended = await waitForRun(backend, {
    path: `${path}/runs`,
    id: answer.runId,
    terminal,
  });
  if (json) {
    printJson(terminal, ended);
  } else {
    printFields(terminal, fieldsOf(ended));
  }
  const isFine = ['applied', 'unchanged'].includes(ended.outcome);
  return isFine && !ended.held ? STATUS.OK : STATUS.PROBLEMS;
}

async function waitForRun(
  backend: Backend,
  options: { path: string; id: string; terminal: Call['terminal'] },
): Promise<any> {
  const { path, id, terminal } = options;
  const { signal, stderr } = terminal;
  if (stderr.isTTY) {
    stderr.write(`Waiting for run ${id} to end\n`);
  }
  for (;;) {
    const { items } = await backend.list(path, { limit: 500 });
    const found = items.find(item => item.id === id);
    if (!found) {
      throw new NotFoundError(`The backend has no run "${id}" any more`);
    }
    if (found.outcome !== 'running') {
      return found;
    }
    await sleep(INTERVAL_MS, undefined, { signal });
  }
}

function fieldsOf({ counts = {}, ...ended }: any) {
  const numbers = Object.entries(counts)
    .filter(([, count]) => count)
    .map(([what, count]) => `${what} ${count}`);
  return {
    run: ended.id,
    outcome: ended.outcome,
    ended: plainTime(ended.endedAt),
    counts: numbers.join(', '),
    held: ended.held && `${ended.held}; "plan" shows what`,
    error: ended.error,
  };
}
