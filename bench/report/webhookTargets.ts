import { caseName, CONNECTIONS, type WebhookSubject } from '../webhooks/names';
import type { RoundFigures, Row } from './row';
import { judge, ratio, type Input, type Target } from './target';

/** How the catalog is told without this module. */
const BARE_ROUTES = ['refresh', 'delta'];

/** One query for the ten entities that the catalog takes up at once. */
const MAX_QUERIES_EACH = 0.1;

/** 5 % of what the catalog itself spends: 155 entities a second on two cores. */
const MAX_CPU_MICROS = 300;

type InputOf = (
  subject: string,
  name: string,
  figure: keyof RoundFigures,
) => Input;

const inputsOf =
  (rows: Row[]): InputOf =>
  (subject, name, figure) => {
    const row = rows.find(
      ({ subject: whose, case: which }) => whose === subject && which === name,
    );
    return {
      name: `${subject}, ${name}`,
      value: row?.[figure],
      failed: row?.failed,
    };
  };

const atMost = (options: { name: string; limit: number; inputs: Input[] }) =>
  judge({ ...options, value: (...values) => Math.max(...values) });

/** What is to hold of webhooks. */
export function webhookTargets(rows: Row[]): Target[] {
  const input = inputsOf(rows);
  return [
    ...CONNECTIONS.flatMap(connections => loadTargets(input, connections)),
    ...CONNECTIONS.map(connections => refusalTarget(input, connections)),
    atMost({
      name: 'refused: statements of the database',
      limit: 0,
      inputs: CONNECTIONS.map(connections =>
        input('module', caseName('refused', connections), 'statements'),
      ),
    }),
    ...visibleTargets(input),
    atMost({
      name: 'DeploymentProcessor: CPU µs an entity and pass',
      limit: MAX_CPU_MICROS,
      inputs: [input('module', 'processor', 'cpuMicros')],
    }),
    atMost({
      name: 'DeploymentProcessor: queries an entity and pass',
      limit: MAX_QUERIES_EACH,
      inputs: [input('module', 'processor', 'queriesEach')],
    }),
  ];
}

function loadTargets(input: InputOf, connections: number): Target[] {
  const name = caseName('load', connections);
  const own = (figure: keyof RoundFigures) => input('module', name, figure);
  const rateOver = (subject: WebhookSubject, limit: number, text: string) =>
    judge({
      name: `${name}: requests a second, of ${text} (at least)`,
      limit,
      atLeast: true,
      inputs: [own('perSecond'), input(subject, name, 'perSecond')],
      value: ratio,
    });
  return [
    rateOver('bare', 0.8, 'the bare route that stores nothing'),
    rateOver('insert-each', 1.1, 'one insert for each'),
    rateOver('events', 6, 'the events ingress as it comes'),
    judge({
      name: `${name}: p99, of p50`,
      limit: 4,
      inputs: [own('p99Ms'), own('p50Ms')],
      value: ratio,
    }),
    atMost({ name: `${name}: errors`, limit: 0, inputs: [own('errors')] }),
  ];
}

function refusalTarget(input: InputOf, connections: number): Target {
  const name = caseName('refused', connections);
  return judge({
    name: `${name}: requests a second, of the bare route (at least)`,
    limit: 0.85,
    atLeast: true,
    inputs: [
      input('module', name, 'perSecond'),
      input('bare', name, 'perSecond'),
    ],
    value: ratio,
  });
}

function visibleTargets(input: InputOf): Target[] {
  const visible = (figure: 'p50Ms' | 'p95Ms', text: string) =>
    judge({
      name: `visible: ${text}, of the slower bare route's`,
      limit: 1.1,
      inputs: [
        input('module', 'visible', figure),
        ...BARE_ROUTES.map(route => input(route, 'visible', figure)),
      ],
      value: (own, ...routes) => own / Math.max(...routes),
    });
  const own = (name: string, text: string) =>
    atMost({
      name: `${name}: ms from 202 to the call into the catalog${text}, p95`,
      limit: 50,
      inputs: [input('module', name, 'ownP95Ms')],
    });
  return [
    visible('p50Ms', 'p50'),
    visible('p95Ms', 'p95'),
    own('visible', ''),
    own('catalog_refresh', ' beyond the fetch'),
  ];
}
