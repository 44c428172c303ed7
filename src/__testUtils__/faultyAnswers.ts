import type { IncomingMessage, OutgoingHttpHeaders } from 'node:http';
import { gzipSync } from 'node:zlib';
import type { Answer, Call } from './startFaultyApi';

/* How a metadata API answers when something is wrong with it. */

export const status =
  (code: number, headers: OutgoingHttpHeaders = {}): Answer =>
  ({ res }) =>
    res.writeHead(code, headers).end();

export const body =
  (
    content: string | Buffer,
    type: string = 'application/json',
    headers: OutgoingHttpHeaders = {},
  ): Answer =>
  ({ res }) =>
    res.writeHead(200, { 'Content-Type': type, ...headers }).end(content);

export const json = (value: unknown): Answer => body(JSON.stringify(value));

/** Asks to be left alone for a few seconds, in one of the two forms. */
export const limited =
  (form: 'seconds' | 'date', seconds: number): Answer =>
  ({ list, res }) => {
    const from = Date.now();
    const date = new Date(from + seconds * 1000);
    // An HTTP date has no milliseconds.
    const until = form === 'date' ? date.setUTCMilliseconds(0) : date.getTime();
    list.quiet ??= { from, until };
    const value = form === 'date' ? date.toUTCString() : String(seconds);
    res.writeHead(429, { 'Retry-After': value }).end();
  };

export const redirect =
  (code: number, target: (req: IncomingMessage) => string): Answer =>
  ({ req, res }) =>
    res.writeHead(code, { Location: target(req) }).end();

export const reset: Answer = ({ req }) => req.socket.resetAndDestroy();

/** Says nothing for good. */
export const silence: Answer = () => {};

/** The bytes as they are, and the end of the connection. */
export const raw =
  (headers: string[], content: (call: Call) => string): Answer =>
  call =>
    call.req.socket.end(
      [
        'HTTP/1.1 200 OK',
        'Content-Type: application/json',
        ...headers,
        'Connection: close',
        '',
        content(call),
      ].join('\r\n'),
    );

/** The list, whose end is missing. */
export const half = ({ list }: Call) => {
  const text = JSON.stringify(list.records);
  return text.slice(0, text.length / 2);
};

export const chunk = (text: string) =>
  `${Buffer.byteLength(text).toString(16)}\r\n${text}\r\n`;

export const resetInBody: Answer = call => {
  const { req, res } = call;
  res.writeHead(200, { 'Content-Type': 'application/json' });
  res.write(half(call), () => req.socket.resetAndDestroy());
};

/** A byte now and then, each in time, and never the whole. */
export const trickle: Answer = ({ res }) => {
  res.writeHead(200, { 'Content-Type': 'application/json' });
  res.write('[');
  const timer = setInterval(() => res.write(' '), 50);
  res.on('close', () => clearInterval(timer));
};

/** A few kilobytes that become many megabytes. */
export const bomb: Answer = body(
  gzipSync(`[${' '.repeat(20_000_000)}]`),
  'application/json',
  { 'Content-Encoding': 'gzip' },
);

/** The second page alone is at fault. */
export const onSecondPage =
  (answer: Answer): Answer =>
  call =>
    call.start === call.list.pageSize ? answer(call) : call.healthy();

/** The first request alone is at fault. */
export function once(answer: Answer): Answer {
  let done = false;
  return call => {
    if (done) {
      call.healthy();
      return;
    }
    done = true;
    answer(call);
  };
}
