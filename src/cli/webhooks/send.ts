import { InputError } from '@backstage/errors';
import { escapeControls } from '../../lib/values';
import {
  type Answer,
  type BackendOptions,
  errorMessage,
  send as post,
  senderUrl,
  strange,
  webUrl,
} from '../backend/client';
import { print } from '../output';
import { type Call, STATUS, type Terminal } from '../terminal';
import { keyOf, readSecret, type WebhookOptions } from './inputs';
import { signWebhook } from './sign';

interface SendOptions extends WebhookOptions, BackendOptions {
  webhook?: string;
  sender?: string;
  service: string;
  environment: string;
  target?: string;
  version?: string;
  event: string;
  time?: string;
  sequence?: number;
  commit?: string;
  commitTime?: string;
  deploymentUrl?: string;
  refresh?: boolean;
}

/** `send`: posts a signed deployment event. */
export async function send(call: Call<SendOptions>): Promise<number> {
  const { options, terminal } = call;
  const { dialect, id } = options;
  const url = webhookUrl(options, terminal.env);
  const key = keyOf(await readSecret(options, terminal), dialect);
  const now = new Date();
  const body = Buffer.from(JSON.stringify(payloadOf(options, now)));
  const headers = signWebhook({ body, key, dialect, id, now });
  const answer = await post(url, terminal.signal, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', ...headers },
    body,
  });
  if (!answer.ok || typeof answer.body?.id !== 'string') {
    throw refusal(url, answer);
  }
  const what = answer.status === 200 ? 'sent before' : 'stored';
  print(call, answer.body, () => [
    `${what}: ${escapeControls(answer.body.id)}`,
  ]);
  return STATUS.OK;
}

function webhookUrl(options: SendOptions, env: Terminal['env']): string {
  const { webhook, sender } = options;
  if (webhook !== undefined) {
    return webUrl(webhook, '--webhook');
  }
  if (sender !== undefined) {
    return senderUrl(sender, options, env);
  }
  if (!env.CATALOG_WEBHOOK_URL) {
    throw new InputError(
      'There is nowhere to post it: give --webhook, --sender or CATALOG_WEBHOOK_URL',
    );
  }
  return webUrl(env.CATALOG_WEBHOOK_URL, 'CATALOG_WEBHOOK_URL');
}

function payloadOf(options: SendOptions, now: Date) {
  const { event, service, version, environment, target } = options;
  return {
    event,
    service,
    version,
    metadata: { environment, target },
    catalog_refresh: options.refresh ?? false,
    time: options.time ?? now.toISOString(),
    sequence: options.sequence,
    url: options.deploymentUrl,
    commit: options.commit,
    commitTime: options.commitTime,
  };
}

function refusal(url: string, answer: Answer): Error {
  const { status, headers } = answer;
  const message = errorMessage(answer);
  if (message === undefined) {
    return strange(url, answer);
  }
  const retryAfter = headers.get('retry-after');
  const advice =
    status === 401
      ? "; look at the sender's name, the dialect, the secret and the clock; the log of the backend says which it is"
      : retryAfter && `; send it again in ${retryAfter} s`;
  return new Error(`Answered ${status}: ${message}${advice ?? ''}`);
}
