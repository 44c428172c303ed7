import { type Call, STATUS } from '../terminal';
import { type BackendOptions, Backend, segment } from './client';
import { printJson } from './output';

/** `redeliver`: processes a delivery again. */
export async function run(
  call: Call<BackendOptions & { json?: boolean }>,
): Promise<number> {
  const { args, options, terminal } = call;
  const id = segment(args[0], 'delivery');
  const answer = await new Backend(call).post(`/deliveries/${id}/redeliver`);
  if (options.json) {
    printJson(terminal, answer);
  } else {
    terminal.stdout.write(
      'It is processed again; "deliveries" shows what becomes of it.\n',
    );
  }
  return STATUS.OK;
}
