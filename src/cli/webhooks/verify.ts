import { InputError } from '@backstage/errors';
import type { SenderSettings } from '../../config/sender';
import type { DialectName } from '../../config/signatures';
import {
  createAuthenticator,
  type Rejection,
} from '../../webhooks/authenticate';
import { createDialect } from '../../webhooks/dialects/createDialect';
import { type HeaderValues, headerValuesOf } from '../../webhooks/headers';
import { describeRejection } from '../../webhooks/rejections';
import { readBytes } from '../files';
import { type Call, STATUS, type Terminal } from '../terminal';
import { findOfflineMistake } from './findOfflineMistake';
import {
  keyOf,
  readBody,
  readSecret,
  senderOf,
  type WebhookOptions,
} from './inputs';

interface VerifyOptions extends Partial<WebhookOptions> {
  headers?: string;
  header?: string[];
  at?: string;
}

/** `verify`: whether a signature matches, and why not. */
export async function verify({
  args,
  options,
  terminal,
}: Call<VerifyOptions>): Promise<number> {
  const headers = await readHeaders(options, terminal);
  const { dialect: name = dialectOf(headers) } = options;
  // A line break in it is one of the mistakes that are looked for.
  const secret = (await readSecret(options, terminal)).trim();
  const sender = senderOf(name, keyOf(secret, name));
  const body = await readBody(args[0], terminal);
  const now = () => readTime(options.at);
  const dialect = createDialect({ sender, now });

  const result = await createAuthenticator({ senders: [sender], now })({
    caller: { sender, dialect, isFromProxy: false },
    headers,
    body,
  });
  if (result.type === 'authenticated') {
    terminal.stdout.write(`The signature matches (dialect ${name}).\n`);
    return STATUS.OK;
  }
  const found = describe(result.rejection, () =>
    findOfflineMistake({
      reading: dialect.readSignature(headers),
      body,
      secret,
      key: sender.secrets[0].key,
    }),
  );
  terminal.stdout.write(`${found} (dialect ${name}).\n`);
  return STATUS.PROBLEMS;
}

function describe(
  { code, seconds, findMistake }: Rejection,
  findOffline: () => string | undefined,
): string {
  if (seconds !== undefined) {
    return `The signature matches, its time does not: ${describeRejection({
      code,
      seconds,
    })}; of a request from before, give the time of its arrival with --at`;
  }
  const mistake = findMistake();
  const reason =
    mistake || code !== 'signature-wrong'
      ? describeRejection({ code: mistake ?? code })
      : findOffline() ??
        `${describeRejection({
          code,
        })}; it was made with another secret, or of other bytes than these`;
  return `The signature does not match: ${reason}`;
}

const NAMED_FOR: Array<[header: string, dialect: DialectName]> = [
  ['webhook-signature', 'standard-webhooks'],
  ['x-hub-signature-256', 'github'],
  ['x-signature', 'flux'],
];

/** By the names of the headers; one without any is looked at as one of ours. */
function dialectOf(headers: HeaderValues): SenderSettings['dialect'] {
  const found = NAMED_FOR.find(([header]) => headers(header).length > 0);
  return found?.[1] ?? 'catalog';
}

function readTime(text: string | undefined): Date {
  const time = text === undefined ? new Date() : new Date(text);
  if (Number.isNaN(time.getTime())) {
    throw new InputError(
      `--at is "${text}", which is no time such as "2026-11-22T12:00:00Z"`,
    );
  }
  return time;
}

/** `Name: value`, after `> ` as in what `curl --verbose` shows. */
const HEADER = /^(?:> ?)?([\w-]+):[ \t]*(.*?)[ \t\r]*$/;

async function readHeaders(
  { headers: file, header = [] }: VerifyOptions,
  terminal: Terminal,
): Promise<HeaderValues> {
  const text =
    file === undefined ? '' : (await readBytes(file, terminal)).toString();
  const lines = [...text.split('\n'), ...header];
  const found = lines.flatMap(line => HEADER.exec(line)?.slice(1) ?? []);
  if (found.length === 0) {
    throw new InputError(
      'There are no headers: give them with --header, or name a file with --headers',
    );
  }
  return headerValuesOf(found);
}
