import type { RoundFigures, Row } from './row';
import { webhookTargets } from './webhookTargets';

const row = (subject: string, name: string, figures: Partial<Row>): Row => ({
  subject,
  case: name,
  records: 1,
  rounds: 1,
  ...figures,
});

const LOAD = ['load, 10 connections', 'load, 50 connections'];
const REFUSED = ['refused, 10 connections', 'refused, 50 connections'];

/** All that is measured, with exactly what is allowed. */
function rowsWith(own: { [name: string]: RoundFigures } = {}): Row[] {
  const module = (name: string, figures: RoundFigures) =>
    row('module', name, { ...figures, ...own[name] });
  return [
    ...LOAD.flatMap(name => [
      module(name, { perSecond: 2400, p50Ms: 4, p99Ms: 16, errors: 0 }),
      row('bare', name, { perSecond: 3000 }),
      row('insert-each', name, { perSecond: 2000 }),
      row('events', name, { perSecond: 400 }),
    ]),
    ...REFUSED.flatMap(name => [
      module(name, { perSecond: 850, statements: 0 }),
      row('bare', name, { perSecond: 1000 }),
    ]),
    module('visible', { p50Ms: 1100, p95Ms: 2200, ownP95Ms: 50 }),
    row('refresh', 'visible', { p50Ms: 1000, p95Ms: 1900 }),
    row('delta', 'visible', { p50Ms: 900, p95Ms: 2000 }),
    module('catalog_refresh', { ownP95Ms: 50 }),
    module('processor', { cpuMicros: 20, queriesEach: 0.02 }),
  ];
}

const missedOf = (rows: Row[]) =>
  webhookTargets(rows)
    .filter(({ holds }) => !holds)
    .map(({ name }) => name);

describe('webhookTargets', () => {
  it('holds up to the limits', () => {
    const targets = webhookTargets(rowsWith());
    expect(targets.filter(({ holds }) => !holds)).toEqual([]);
    expect(targets).toHaveLength(19);
  });

  it.each<[string, RoundFigures, string[]]>([
    [
      LOAD[0],
      { perSecond: 2399 },
      [
        'load, 10 connections: requests a second, of the bare route that stores nothing (at least)',
        'load, 10 connections: requests a second, of the events ingress as it comes (at least)',
      ],
    ],
    [LOAD[1], { p99Ms: 16.1 }, ['load, 50 connections: p99, of p50']],
    [LOAD[1], { errors: 1 }, ['load, 50 connections: errors']],
    [
      REFUSED[0],
      { perSecond: 849 },
      [
        'refused, 10 connections: requests a second, of the bare route (at least)',
      ],
    ],
    [REFUSED[1], { statements: 1 }, ['refused: statements of the database']],
    ['visible', { p50Ms: 1101 }, ["visible: p50, of the slower bare route's"]],
    ['visible', { p95Ms: 2201 }, ["visible: p95, of the slower bare route's"]],
    [
      'visible',
      { ownP95Ms: 51 },
      ['visible: ms from 202 to the call into the catalog, p95'],
    ],
    [
      'catalog_refresh',
      { ownP95Ms: 51 },
      [
        'catalog_refresh: ms from 202 to the call into the catalog beyond the fetch, p95',
      ],
    ],
    [
      'processor',
      { cpuMicros: 301, queriesEach: 1 },
      [
        'DeploymentProcessor: CPU µs an entity and pass',
        'DeploymentProcessor: queries an entity and pass',
      ],
    ],
  ])('%s with %j misses what it is about', (name, figures, missed) => {
    expect(missedOf(rowsWith({ [name]: figures }))).toEqual(missed);
  });

  it('does not hold where a peer was not measured, and says why', () => {
    const rows = rowsWith().map(one =>
      one.subject === 'events'
        ? row('events', one.case, { failed: 'Cannot find module' })
        : one,
    );
    const missed = webhookTargets(rows).filter(({ holds }) => !holds);
    expect(missed.map(({ reason }) => reason)).toEqual([
      'events, load, 10 connections: Cannot find module',
      'events, load, 50 connections: Cannot find module',
    ]);
    expect(webhookTargets([]).every(({ holds }) => !holds)).toBe(true);
  });
});
