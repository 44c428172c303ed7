import { type Call, STATUS } from '../terminal';
import { keyOf, readBody, readSecret, type WebhookOptions } from './inputs';
import { signWebhook } from './signWebhook';

/** `sign`: prints the headers that sign a body. */
export async function run({
  args,
  options,
  terminal,
}: Call<WebhookOptions>): Promise<number> {
  const { dialect, id } = options;
  const key = keyOf(await readSecret(options, terminal), dialect);
  const body = await readBody(args[0], terminal);
  const headers = signWebhook({ body, key, dialect, id, now: new Date() });
  for (const [name, value] of Object.entries(headers)) {
    terminal.stdout.write(`${name}: ${value}\n`);
  }
  return STATUS.OK;
}
