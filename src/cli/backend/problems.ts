import { type Call, STATUS } from '../terminal';
import {
  type BackendOptions,
  Backend,
  type ListOptions,
  segment,
} from './client';
import { plainTime, printList } from './output';

interface ProblemsOptions extends BackendOptions, ListOptions {
  check?: boolean;
}

/** `problems`: the present problems of a source. */
export async function run(call: Call<ProblemsOptions>): Promise<number> {
  const { args, options, terminal } = call;
  const { limit, all, check } = options;
  const backend = new Backend(call);
  const path = `/sources/${segment(args[0], 'source')}`;
  const list = await backend.list(`${path}/problems`, { limit, all });
  printList(terminal, options, { list, rowOf, none: 'There are no problems.' });
  if (!check) {
    return STATUS.OK;
  }
  // The list may be cut, and lacks what the caller may not see.
  const { problems } = await backend.get(path);
  return problems.errors > 0 ? STATUS.PROBLEMS : STATUS.OK;
}

function rowOf(problem: any) {
  return {
    SEVERITY: problem.severity,
    CODE: problem.code,
    SINCE: plainTime(problem.firstSeenAt),
    RECORD: problem.recordId,
    ENTITY: problem.entityRef,
    PATH: problem.path,
    MESSAGE: problem.message,
    VALUE: problem.value,
  };
}
