import { gzipSync } from 'node:zlib';
import { goodPayload, junk, mutate, oddPayload } from './bodies';
import { forgeSignature, junkHeader, spoilSignature } from './headers';
import type { Random } from './Random';
import { SENDER_NAMES, type SenderName } from './senders';
import {
  pathOf,
  requestBytes,
  signedRequest,
  type FuzzRequest,
} from './signedRequest';

/** Something to send, and what may come of it. */
export interface FuzzCase {
  kind: string;
  bytes: Buffer;
  /** Whether its sender signed just these bytes. */
  signed: boolean;
  /** Whether it is a request, whole and of the one form: then it has to be answered. */
  whole: boolean;
}

export interface CaseOptions {
  random: Random;
  /** A delivery id that nobody else has. */
  id: string;
  time: Date;
}

type CaseMaker = (options: CaseOptions) => FuzzCase;

/** How often each kind comes up. */
const KINDS: Array<[number, CaseMaker]> = [
  [4, good],
  [12, oddContent],
  [24, otherBody],
  [24, otherSignature],
  [14, extraHeaders],
  [8, framing],
  [4, chunked],
  [4, cutOff],
  [3, otherPath],
  [3, noise],
];

const TOTAL = KINDS.reduce((sum, [weight]) => sum + weight, 0);

export function createCase(options: CaseOptions): FuzzCase {
  let left = options.random.below(TOTAL);
  for (const [weight, maker] of KINDS) {
    if (left < weight) {
      return maker(options);
    }
    left -= weight;
  }
  throw new Error('The weights of the kinds do not add up');
}

function goodRequest({ random, id, time }: CaseOptions): FuzzRequest {
  const sender: SenderName = random.pick(SENDER_NAMES);
  const body = Buffer.from(JSON.stringify(goodPayload(random, time)));
  return signedRequest({ sender, id, time, body });
}

const whole = (kind: string, request: FuzzRequest, signed: boolean) => ({
  kind,
  bytes: requestBytes(request),
  signed,
  whole: true,
});

function good(options: CaseOptions): FuzzCase {
  return whole('good', goodRequest(options), true);
}

/** Verified, but what it says may be anything. */
function oddContent({ random, id, time }: CaseOptions): FuzzCase {
  const sender = random.pick(SENDER_NAMES);
  const body = random.chance(0.7) ? oddPayload(random, time) : junk(random);
  return whole('odd content', signedRequest({ sender, id, time, body }), true);
}

/** Another body than the one that was signed. */
function otherBody(options: CaseOptions): FuzzCase {
  const { random } = options;
  const request = goodRequest(options);
  const other = random.chance(0.6)
    ? mutate(random, request.body)
    : junk(random);
  const body = other.equals(request.body)
    ? Buffer.concat([other, Buffer.from(' ')])
    : other;
  return whole('other body', { ...request, body }, false);
}

/** A signature, an id or a time that is missing, twice there or another. */
function otherSignature(options: CaseOptions): FuzzCase {
  const request = goodRequest(options);
  const headers = spoilSignature(options.random, request.headers);
  return whole('other signature', { ...request, headers }, false);
}

/** Headers that nobody asked for beside a signature that may be right. */
function extraHeaders(options: CaseOptions): FuzzCase {
  const { random } = options;
  const signed = random.chance(0.1);
  const request = goodRequest(options);
  const extra = Array.from({ length: 1 + random.below(6) }, () =>
    junkHeader(random),
  );
  const headers = signed
    ? request.headers
    : spoilSignature(random, request.headers);
  const all = [...headers, ...extra];
  return whole('extra headers', { ...request, headers: all }, signed);
}

/** Says of its body what is not so. None of these is signed, since nobody can tell what is read of it. */
function framing(options: CaseOptions): FuzzCase {
  const { random } = options;
  const request = goodRequest(options);
  const spoilt = spoilSignature(random, request.headers);
  const { length } = request.body;
  const odd: Array<Array<[string, string]>> = [
    [['Content-Length', String(length + 1 + random.below(50))]],
    [['Content-Length', String(random.below(length))]],
    [['Content-Length', String(1_000_001 + random.below(1e9))]],
    [['Content-Length', random.pick(['-1', '1e3', '0x10', '', '+5', '٣'])]],
    [
      ['Content-Length', String(length)],
      ['Content-Length', String(length + 1)],
    ],
    [
      ['Content-Length', String(length)],
      ['Transfer-Encoding', 'chunked'],
    ],
    [['Transfer-Encoding', random.pick(['gzip', 'chunked, gzip', 'xchunked'])]],
    [
      ['Content-Length', String(length)],
      ['Expect', random.pick(['100-continue', 'anything'])],
    ],
  ];
  const headers = [...spoilt, ...random.pick(odd)];
  const bytes = requestBytes({ ...request, headers });
  return { kind: 'framing', bytes, signed: false, whole: false };
}

/** A body in chunks or compressed: the first verifies, the second is never read. */
function chunked(options: CaseOptions): FuzzCase {
  const { random } = options;
  const request = goodRequest(options);
  if (random.chance(0.4)) {
    const body = gzipSync(request.body);
    const encoding = random.pick(['gzip', 'GZIP', 'deflate', 'br', 'x-none']);
    const headers: Array<[string, string]> = [
      ...request.headers,
      ['Content-Encoding', encoding],
    ];
    return whole('compressed', { ...request, headers, body }, false);
  }
  const size = 1 + random.below(request.body.length);
  const parts: Buffer[] = [];
  for (let at = 0; at < request.body.length; at += size) {
    const part = request.body.subarray(at, at + size);
    parts.push(Buffer.from(`${part.length.toString(16)}\r\n`), part);
    parts.push(Buffer.from('\r\n'));
  }
  const body = Buffer.concat([...parts, Buffer.from('0\r\n\r\n')]);
  const headers: Array<[string, string]> = [
    ...request.headers,
    ['Transfer-Encoding', 'chunked'],
  ];
  return whole('chunked', { ...request, headers, body }, true);
}

/** A request of which the end never comes. */
function cutOff(options: CaseOptions): FuzzCase {
  const bytes = requestBytes(goodRequest(options));
  const end = options.random.below(bytes.length);
  return {
    kind: 'cut off',
    bytes: bytes.subarray(0, end),
    signed: false,
    whole: false,
  };
}

function otherPath(options: CaseOptions): FuzzCase {
  const { random } = options;
  const request = goodRequest(options);
  const name = random.pick([
    'nobody',
    'PLAIN',
    '__proto__',
    'constructor',
    'plain%00',
    '%ff',
    '%2e%2e',
    'plain/x',
    `${random.text(20).replaceAll(/[^!-~]/g, '')}`,
    'x'.repeat(5_000),
  ]);
  const method = random.pick(['POST', 'POST', 'POST', 'GET', 'PUT', 'DELETE']);
  return whole('other path', { ...request, method, path: pathOf(name) }, false);
}

/** Nothing that was ever a request, or one of which any byte after its path may be another. */
function noise(options: CaseOptions): FuzzCase {
  const { random } = options;
  const request = goodRequest(options);
  const headers = forgeSignature(random, request.headers);
  const bytes = requestBytes({ ...request, headers });
  const path = bytes.subarray(0, bytes.indexOf('\r\n'));
  return {
    kind: 'noise',
    bytes: random.chance(0.3)
      ? random.bytes(1 + random.below(500))
      : Buffer.concat([path, mutate(random, bytes.subarray(path.length))]),
    signed: false,
    whole: false,
  };
}
