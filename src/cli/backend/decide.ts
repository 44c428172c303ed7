import { ConflictError, InputError } from '@backstage/errors';
import { type Call, STATUS } from '../terminal';
import { type BackendOptions, Backend, segment } from './client';
import { printJson } from './output';
import { printPlan, readPlan } from './plan';

/**
 * `approve` and `reject`: decide on the plan with a hash. The hash is always
 * given by the caller: what is approved is what somebody has looked at, and
 * never a plan that came in between.
 */
export async function run(
  call: Call<BackendOptions & { json?: boolean }>,
): Promise<number> {
  const { name: action, args, options, terminal } = call;
  const [source, hash] = args;
  if (hash === undefined) {
    return refuse(call);
  }
  const path = `/sources/${segment(source, 'source')}/plan/${segment(
    hash,
    'hash',
  )}`;
  const answer = await new Backend(call).post(`${path}/${action}`);
  if (options.json) {
    printJson(terminal, answer);
  } else {
    terminal.stdout.write(
      action === 'approve'
        ? 'Approved. The next run carries it out.\n'
        : 'Rejected. The entities stay as they are.\n',
    );
  }
  return STATUS.OK;
}

/** Shows the whole plan, and how to decide on it. */
async function refuse({
  name: action,
  args: [source],
  options,
  terminal,
}: Call<BackendOptions>): Promise<never> {
  const backend = new Backend({ options, terminal });
  const list = await readPlan(backend, source, { all: true });
  const { plan } = list.first;
  if (plan?.state !== 'pending') {
    throw new ConflictError(
      `Nothing of source "${source}" waits for a decision`,
    );
  }
  printPlan(terminal, list);
  throw new InputError(
    `Nothing was decided. To ${action} exactly this: catalog-custom-data ${action} ${source} ${plan.hash}`,
  );
}
