import type { JsonObject } from '@backstage/types';
import {
  body,
  bomb,
  chunk,
  half,
  json,
  limited,
  onSecondPage,
  raw,
  redirect,
  reset,
  resetInBody,
  silence,
  status,
  trickle,
} from './faultyAnswers';
import type { Answer } from './startFaultyApi';
import { pages, request } from './teams';

const endless: Answer = ({ list, res }) =>
  res
    .writeHead(200, { 'Content-Type': 'application/json' })
    .end(JSON.stringify({ items: list.records, next: list.askedAt.length }));

/** Source, answer, what the run says, and what the source is configured with. */
export type Failure = [string, Answer, string, JsonObject?];

/** What is no list: nothing of it is taken. */
export const FAILURES: Failure[] = [
  ...[204, 400, 401, 403, 404, 408, 410, 429, 500, 502, 503].map(
    (code): Failure => [`status-${code}`, status(code), `answered ${code};`],
  ),
  ['limited-seconds', limited('seconds', 4), 'answered 429;'],
  ['limited-date', limited('date', 5), 'answered 429;'],
  ['unasked-304', status(304), 'look for a faulty cache'],
  [
    'loop',
    redirect(301, req => `${req.url}`),
    'redirected (301) more than 5 times',
  ],
  [
    'elsewhere',
    redirect(302, req => `http://localhost:${req.socket.localPort}/stolen`),
    'redirected (302) to another origin',
  ],
  ['refused', status(500), 'ECONNREFUSED'],
  ['reset', reset, 'failed with'],
  ['reset-in-body', resetInBody, 'failed with'],
  [
    'silence',
    silence,
    'within request.timeout (0.7 s)',
    request({ timeout: '700ms' }),
  ],
  [
    'trickle',
    trickle,
    'within request.timeout (0.7 s)',
    request({ timeout: '700ms' }),
  ],
  ['length-long', raw(['Content-Length: 999999'], half), 'failed with'],
  [
    'length-short',
    raw(['Content-Length: 9'], ({ list }) => JSON.stringify(list.records)),
    'invalid JSON',
  ],
  [
    'chunks-cut',
    raw(['Transfer-Encoding: chunked'], call => chunk(half(call))),
    'invalid JSON',
  ],
  [
    'chunks-short',
    raw(
      ['Transfer-Encoding: chunked'],
      call => `${chunk(half(call))}0\r\n\r\n`,
    ),
    'invalid JSON',
  ],
  ['bomb', bomb, 'more than 50000 bytes', request({ maxBytes: 50_000 })],
  [
    'too-large',
    json('x'.repeat(50_000)),
    'more than 50000 bytes',
    request({ maxBytes: 50_000 }),
  ],
  ['too-deep', body('['.repeat(65) + ']'.repeat(65)), 'deeper than 64 levels'],
  ['login-page', body('<html>', 'text/html'), 'HTML instead of JSON'],
  ['csv', body('a,b', 'text/csv'), 'text/csv instead of JSON'],
  ['no-utf8', body(Buffer.from('["\xff"]', 'latin1')), 'invalid UTF-8'],
  ['no-json', body('[{"serviceId": }]'), 'invalid JSON in record 1'],
  ['no-body', body(''), 'an empty body'],
  ['object', json({ services: [] }), 'such as "records: services"'],
  ['string', json('maintenance'), 'not a list of records'],
  ['null', json(null), 'not a list of records'],
  ['renamed-key', json({ content: [] }), 'has no "items"', pages.cursor],
  [
    'same-cursor',
    json({ items: [], next: 2 }),
    'a cursor or next link for the second time',
    pages.cursor,
  ],
  [
    'endless',
    endless,
    'more than 5 pages',
    {
      ...pages.cursor,
      pagination: { ...pages.cursor.pagination, maxPages: 5 },
    },
  ],
  [
    'same-page',
    call => json(call.list.records.slice(0, call.list.pageSize))(call),
    'the same page twice',
    pages.page,
  ],
  [
    'odd-link',
    body('[]', 'application/json', { Link: 'next' }),
    'a "Link" header that cannot be read',
    pages.link,
  ],
  [
    'far-link',
    body('[]', 'application/json', { Link: '<http://localhost/>; rel=next' }),
    'a next link to another origin',
    pages.link,
  ],
  ...Object.entries(pages).flatMap(([type, source]): Failure[] => [
    [`${type}-500`, onSecondPage(status(500)), 'answered 500;', source],
    [`${type}-404`, onSecondPage(status(404)), 'answered 404;', source],
  ]),
];
