import { connect } from 'node:net';
import { createCase, type FuzzCase } from './cases';

const CONNECTIONS = 16;
const TIMEOUT_MS = 10_000;

/** More of them say no more than the first ones. */
const MAX_FAULTS = 20;

/** Sends cases from one number up to another. */
export async function runFuzz(options: {
  port: number;
  seed: number;
  from: number;
  to: number;
  check: ReturnType<typeof createCheck>;
}) {
  const { port, seed, from, to, check } = options;
  const faults: string[] = [];
  /** Answers by kind of case and status. */
  const statuses: Record<string, number> = {};
  let stored = 0;
  let next = from;
  const sendOn = async () => {
    while (next < to && faults.length < MAX_FAULTS) {
      const nth = next;
      next += 1;
      const fuzzed = createCase(seed, nth, new Date());
      const answer = await sendOnce(port, fuzzed);
      const key = `${fuzzed.kind}: ${answer?.status ?? 'no answer'}`;
      statuses[key] = (statuses[key] ?? 0) + 1;
      stored += answer?.status === 202 ? 1 : 0;
      const fault = check(fuzzed, answer);
      if (fault) {
        faults.push(`Case ${nth} (${fuzzed.kind}) ${fault}`);
      }
    }
  };
  await Promise.all(Array.from({ length: CONNECTIONS }, sendOn));
  return { faults, statuses, stored };
}

/** Sends bytes over a connection of their own. Undefined where no answer comes. */
function sendOnce(
  port: number,
  { bytes, whole }: FuzzCase,
): Promise<Answer | undefined> {
  return new Promise(resolve => {
    let received = Buffer.alloc(0);
    const socket = connect({ port, host: '127.0.0.1' });
    const finish = () => {
      socket.destroy();
      resolve(readAnswer(received, true));
    };
    socket.setTimeout(TIMEOUT_MS, finish);
    socket.on('connect', () =>
      whole ? socket.write(bytes) : socket.end(bytes),
    );
    socket.on('data', chunk => {
      received = Buffer.concat([received, chunk]);
      if (readAnswer(received, false)) {
        finish();
      }
    });
    socket.on('error', finish);
    socket.on('close', finish);
  });
}

interface Answer {
  status: number;
  body: string;
}

/** The first answer on a connection, once it is whole or no more bytes come. */
function readAnswer(bytes: Buffer, ended: boolean): Answer | undefined {
  const text = bytes
    .toString('latin1')
    .replace(/^HTTP\/1\.1 1\d\d[^]*?\r\n\r\n/, '');
  const [, status, head, body] =
    /^HTTP\/1\.1 (\d{3})([^]*?)\r\n\r\n([^]*)$/.exec(text) ?? [];
  if (status === undefined) {
    return undefined;
  }
  const [, length = 0] = /\r\ncontent-length: *(\d+)/i.exec(head) ?? [];
  return ended || body.length >= Number(length)
    ? { status: Number(status), body }
    : undefined;
}

/** What is wrong with the content of a request is told to its sender alone. */
const ABOUT_CONTENT = /"name":"(InputError|NotAllowedError)"/;

/** Says what is wrong with an answer. All 401s have to be as the first one. */
export function createCheck() {
  let unverified: string | undefined;
  return (
    { signed, whole }: Pick<FuzzCase, 'signed' | 'whole'>,
    answer: Answer | undefined,
  ): string | undefined => {
    if (!answer) {
      return whole ? 'was not answered' : undefined;
    }
    const { status, body } = answer;
    if (status >= 500) {
      return `was answered ${status}: ${body}`;
    }
    if (!signed && [200, 202].includes(status)) {
      return `was taken (${status}), though nobody signed it`;
    }
    if (!signed && ABOUT_CONTENT.test(body)) {
      return `was read before it was verified: ${body}`;
    }
    if (signed && status === 401) {
      return 'was not verified, though it is signed';
    }
    unverified ??= status === 401 ? body : undefined;
    return status === 401 && body !== unverified
      ? `was answered 401 in other words: ${body}`
      : undefined;
  };
}
