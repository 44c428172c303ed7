import fc, { type GeneratorValue } from 'fast-check';
import { gzipSync } from 'node:zlib';
import { signatureHeaders, type Headers } from '../webhooks/request';

/** Something to send, and what may come of it. */
export interface FuzzCase {
  kind: string;
  bytes: Buffer;
  /** Whether its sender signed just these bytes. */
  signed: boolean;
  /** Whether it is a whole request of one meaning. Then it has to be answered. */
  whole: boolean;
}

/** Draws random values. */
type Draw = GeneratorValue;

interface Request {
  method: string;
  path: string;
  headers: Headers;
  body: Buffer;
}

interface Kind {
  /** How often it comes up, of a hundred. */
  weight: number;
  signed?: boolean;
  whole?: boolean;
  /** What is signed; a good payload where it is left out. */
  content?(draw: Draw, time: Date): Buffer;
  /** Changes what was signed. */
  change?(draw: Draw, request: Request): unknown;
  /** Changes the request on the wire. */
  changeBytes?(draw: Draw, bytes: Buffer): Buffer;
}

const below = (draw: Draw, end: number) => draw(fc.nat, Math.max(end - 1, 0));

const pick = <T>(draw: Draw, ...values: T[]): T =>
  values[below(draw, values.length)];

const chance = (draw: Draw, percent: number) => below(draw, 100) < percent;

const toBytes = (value: unknown) => Buffer.from(JSON.stringify(value));

const randomBytes = (draw: Draw, maxLength: number) =>
  Buffer.from(draw(fc.uint8Array, { maxLength }));

const pathOf = (sender: string) =>
  `/api/catalog/custom-data/webhooks/${sender}`;

const OTHER_NAMES = ['nobody', 'PLAIN', '__proto__', 'plain%00', '%ff'];

const EXTRA_NAMES = ['X-Forwarded-For', 'Authorization', 'Accept-Encoding'];

/** A header that no receiver asks for. */
const extraHeader = (draw: Draw): Headers[number] => [
  pick(draw, ...EXTRA_NAMES),
  draw(fc.string, { maxLength: 1_500 }),
];

const KINDS: Record<string, Kind> = {
  good: {
    weight: 6,
    signed: true,
    change: (draw, { headers }) => headers.push(extraHeader(draw)),
  },
  'odd content': { weight: 12, signed: true, content: oddContent },
  'other body': {
    weight: 24,
    change(draw, request) {
      const { body } = request;
      request.body = chance(draw, 60) ? mutate(draw, body) : junk(draw);
    },
  },
  'other signature': {
    weight: 36,
    change(draw, request) {
      spoilSignature(draw, request);
      request.headers.push(extraHeader(draw));
    },
  },
  /** Headers that contradict the body. Nobody can tell what is read of it, so none is signed. */
  framing: {
    weight: 8,
    whole: false,
    change(draw, request) {
      spoilSignature(draw, request);
      request.headers.push(...contradiction(draw, request.body.length));
    },
  },
  chunked: {
    weight: 2,
    signed: true,
    change(draw, request) {
      request.headers.push(['Transfer-Encoding', 'chunked']);
      request.body = chunked(draw, request.body);
    },
  },
  compressed: {
    weight: 2,
    change(draw, request) {
      const encoding = pick(draw, 'gzip', 'GZIP', 'deflate', 'br', 'x-none');
      request.headers.push(['Content-Encoding', encoding]);
      request.body = gzipSync(request.body);
    },
  },
  'other path': {
    weight: 3,
    change(draw, request) {
      request.method = pick(draw, 'POST', 'POST', 'GET', 'PUT', 'DELETE');
      request.path = pathOf(pick(draw, ...OTHER_NAMES));
    },
  },
  /** A forged request of which any byte after its path may be another, or missing. */
  noise: {
    weight: 7,
    whole: false,
    change(_draw, request) {
      request.headers = [['X-Catalog-Signature', 'f'.repeat(64)]];
    },
    changeBytes(draw, bytes) {
      const pathEnd = bytes.indexOf('\r\n');
      const rest = mutate(draw, bytes.subarray(pathEnd));
      return Buffer.concat([bytes.subarray(0, pathEnd), rest]);
    },
  },
};

const WEIGHTED = Object.entries(KINDS).flatMap(([name, { weight }]) =>
  Array<string>(weight).fill(name),
);

/** The same case for the same seed, number and time. */
export function createCase(seed: number, nth: number, time: Date): FuzzCase {
  const parameters = { seed: seed * 1e6 + nth, numRuns: 1, unbiased: true };
  const [draw] = fc.sample(fc.gen(), parameters);
  const kind = pick(draw, ...WEIGHTED);
  const { signed = false, whole = true, ...how } = KINDS[kind];
  const sender = pick(draw, 'plain', 'timed', 'standard');
  const body = how.content?.(draw, time) ?? toBytes(goodPayload(draw, time));
  const id = `fuzz-${seed}-${nth}`;
  const request: Request = {
    method: 'POST',
    path: pathOf(sender),
    headers: signatureHeaders(sender, { id, time, body }),
    body,
  };
  how.change?.(draw, request);
  const sent = requestBytes(request);
  return { kind, bytes: how.changeBytes?.(draw, sent) ?? sent, signed, whole };
}

/** The request as it goes over the wire. */
function requestBytes({ method, path, headers, body }: Request): Buffer {
  const hasLength = headers.some(([name]) =>
    /^(content-length|transfer-encoding)$/i.test(name),
  );
  const lines = [
    `${method} ${path} HTTP/1.1`,
    'Host: 127.0.0.1',
    'Content-Type: application/json',
    ...headers.map(([name, value]) => `${name}: ${value}`),
    ...(hasLength ? [] : [`Content-Length: ${body.length}`]),
  ];
  const head = Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1');
  return Buffer.concat([head, body]);
}

/** Two chunks, and the end. */
function chunked(draw: Draw, body: Buffer): Buffer {
  const text = body.toString('latin1');
  const at = 1 + below(draw, text.length - 1);
  const chunks = [text.slice(0, at), text.slice(at), ''].map(
    chunk => `${chunk.length.toString(16)}\r\n${chunk}\r\n`,
  );
  return Buffer.from(chunks.join(''), 'latin1');
}

function goodPayload(draw: Draw, time: Date): Record<string, any> {
  const event = pick(draw, 'success', 'started', 'failure', 'rollback');
  const environment = pick(draw, 'staging', 'production');
  return {
    event: `deployment.${event}`,
    service: `service-${below(draw, 100)}`,
    version: `1.${below(draw, 1000)}`,
    catalog_refresh: chance(draw, 10),
    metadata: { owner: 'U123', environment },
    ...(chance(draw, 50) && { time: time.toISOString() }),
    ...(chance(draw, 30) && { sequence: below(draw, 1e9) }),
  };
}

const ODD = [1e308, '\0', '\ud800', '__proto__', '2026-02-30T00:00:00Z'];

const oddValue = (draw: Draw) =>
  chance(draw, 50) ? pick<unknown>(draw, ...ODD) : draw(fc.jsonValue);

/** A payload of which one field is odd and another may be missing, or junk. */
function oddContent(draw: Draw, time: Date): Buffer {
  const payload = goodPayload(draw, time);
  const target = chance(draw, 25) ? payload.metadata : payload;
  const keys = [...Object.keys(target), 'url', 'commit', 'type', 'data'];
  target[pick(draw, ...keys)] = oddValue(draw);
  if (chance(draw, 30)) {
    delete target[pick(draw, ...keys)];
  }
  return chance(draw, 70) ? toBytes(payload) : junk(draw);
}

/** Bytes that are JSON at best by accident. */
function junk(draw: Draw): Buffer {
  return pick(
    draw,
    randomBytes(draw, 2_000),
    toBytes(oddValue(draw)),
    Buffer.from('\ufeff{}'),
    Buffer.from('['.repeat(below(draw, 20_000))),
    Buffer.from(`{"a":${'9'.repeat(below(draw, 5_000))}}`),
    Buffer.from(`{"${draw(fc.string)}`),
  );
}

/** Other bytes than these, by as little as one bit. */
function mutate(draw: Draw, bytes: Buffer): Buffer {
  const at = below(draw, bytes.length);
  const [before, after] = [bytes.subarray(0, at), bytes.subarray(at)];
  const flipped = Buffer.from(bytes);
  flipped[at] ^= 1 << below(draw, 8);
  return pick(
    draw,
    flipped,
    before,
    Buffer.concat([bytes, bytes]),
    Buffer.concat([bytes, Buffer.from(pick(draw, '\n', ' ', '\0', '\r\n'))]),
    Buffer.concat([before, Buffer.from('x'), randomBytes(draw, 8), after]),
  );
}

/** Changes the headers so that the request does not verify any more. */
function spoilSignature(draw: Draw, request: Request): void {
  const { headers } = request;
  const last = headers.length - 1;
  // The signature comes last.
  const [name, value] = headers[last];
  const at = (value.startsWith('v1,') ? 3 : 0) + below(draw, 40);
  const digit = value[at] === '0' ? '1' : '0';
  const others = pick(
    draw,
    [],
    [value, pick(draw, value, 'x')],
    [pick(draw, '', 'sha256=', '0'.repeat(64), 'v1,AAAA', 'a'.repeat(5_000))],
    [value.slice(0, at) + digit + value.slice(at + 1)],
    [value.toUpperCase().replace(/^V1,/, 'v2,')],
    [value.slice(0, -1 - below(draw, 10))],
  );
  request.headers = [
    ...(chance(draw, 15) ? [] : headers.slice(0, last)),
    ...others.map((other): Headers[number] => [name, other]),
  ];
}

/** Headers that say of a body what is not so. */
function contradiction(draw: Draw, length: number): Headers {
  const right: Headers[number] = ['Content-Length', `${length}`];
  return pick<Headers>(
    draw,
    [['Content-Length', `${below(draw, 2 * length)}`]],
    [['Content-Length', `${1_000_001 + below(draw, 1e9)}`]],
    [['Content-Length', pick(draw, '-1', '1e3', '0x10', '', '+5', '٣')]],
    [right, ['Content-Length', `${length + 1}`]],
    [right, ['Transfer-Encoding', 'chunked']],
    [['Transfer-Encoding', pick(draw, 'gzip', 'chunked, gzip', 'xchunked')]],
    [right, ['Expect', pick(draw, '100-continue', 'anything')]],
  );
}
