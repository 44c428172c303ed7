import { ingestTargets } from './ingestTargets';
import { mappingTargets, memoryTargets } from './otherTargets';
import type { Figures, Row } from './row';

const row = (subject: string, name: string, figures: Partial<Row>): Row => ({
  subject,
  case: name,
  records: 100,
  rounds: 1,
  ...figures,
});

const rowsOf = (byTable: Record<string, number>): Figures['rows'] => ({
  catalog: byTable.refresh_state ?? 0,
  own: 0,
  byTable,
});

const ROWS: Row[] = [
  row('module', 'unchanged', {
    cpuMs: 5,
    mutations: 0,
    rows: rowsOf({ custom_data_runs: 2, custom_data_sources: 3 }),
  }),
  row('full', 'unchanged', { cpuMs: 100 }),
  row('module', 'unchanged-whole', { mutations: 0, rows: rowsOf({}) }),
  ...['changed-0.1', 'changed-1', 'changed-10'].flatMap(name => [
    row('module', name, { ingestMs: 60 }),
    row('full', name, { ingestMs: 100 }),
    row('incremental', name, { ingestMs: 300 }),
  ]),
  row('module', 'first', { cpuMs: 400 }),
  row('bare', 'first', { cpuMs: 300 }),
];

const without = (subject: string, name: string) =>
  ROWS.filter(r => r.subject !== subject || r.case !== name);
const withRow = (replaced: Row) => [
  ...without(replaced.subject, replaced.case),
  replaced,
];
const notHeld = (rows: Row[]) =>
  ingestTargets(rows, 100).filter(({ holds }) => !holds);

describe('ingestTargets', () => {
  it('hold at their limits', () => {
    expect(notHeld(ROWS)).toEqual([]);
    expect(ingestTargets(ROWS, 100).map(({ value }) => value)).toEqual([
      0, 0, 0.05, 0, 0, 0.6, 0.6, 0.6, 0.25,
    ]);
  });

  it.each([
    [row('module', 'unchanged', { ...ROWS[0], cpuMs: 5.1 }), 'CPU time'],
    [row('module', 'unchanged', { ...ROWS[0], mutations: 1 }), 'applyMutation'],
    [
      row('module', 'unchanged', {
        ...ROWS[0],
        rows: rowsOf({ custom_data_records: 1 }),
      }),
      'rows beyond',
    ],
    [
      row('module', 'unchanged-whole', {
        mutations: 0,
        rows: rowsOf({ refresh_state: 1 }),
      }),
      'rows of the catalog',
    ],
    [row('module', 'changed-0.1', { ingestMs: 61 }), '0.1 % changed'],
    [row('incremental', 'changed-1', { ingestMs: 99 }), '1 % changed'],
    [row('full', 'changed-10', { ingestMs: 59 }), '10 % changed'],
    [row('module', 'first', { cpuMs: 401 }), 'own share'],
  ])('do not hold beyond them: %#', (replaced, name) => {
    expect(notHeld(withRow(replaced))).toEqual([
      expect.objectContaining({
        name: expect.stringContaining(name),
        value: expect.any(Number),
      }),
    ]);
  });

  it('do not hold where a peer is missing, or failed', () => {
    expect(notHeld(without('incremental', 'changed-1'))).toEqual([
      {
        name: "100 records, 1 % changed: time, of the faster peer's",
        limit: 0.6,
        holds: false,
        reason: 'incremental, changed-1: not measured',
      },
    ]);
    const failed = row('bare', 'first', { failed: 'it broke' });
    expect(notHeld(withRow(failed))).toEqual([
      expect.objectContaining({
        holds: false,
        reason: 'bare, first: it broke',
      }),
    ]);
    expect(ingestTargets([], 100).some(({ holds }) => holds)).toBe(false);
    expect(ingestTargets(ROWS, 99).some(({ holds }) => holds)).toBe(false);
  });

  it('do not hold against a peer that took no time', () => {
    expect(notHeld(withRow(row('full', 'unchanged', { cpuMs: 0 })))).toEqual([
      expect.objectContaining({
        holds: false,
        reason: 'Infinity is no measure',
      }),
    ]);
  });
});

describe('memoryTargets', () => {
  it.each([
    [150, 130, 100, [true, true]],
    [151, 131, 100, [false, false]],
  ])('%d MB, and %d MB of %d MB: %j', (unchanged, first, full, expected) => {
    const targets = memoryTargets(
      [
        row('module', 'unchanged-whole', { memoryMb: unchanged }),
        row('module', 'first', { memoryMb: first }),
        row('full', 'first', { memoryMb: full }),
      ],
      100,
    );
    expect(targets.map(({ holds }) => holds)).toEqual(expected);
  });
});

describe('mappingTargets', () => {
  it.each([
    [11, 1, [true, true]],
    [11.1, 1.1, [false, false]],
  ])('%d µs and %d µs of 10 µs: %j', (expressions, paths, expected) => {
    const targets = mappingTargets(
      [
        row('module', 'expressions', { cpuMicros: expressions }),
        row('jsonata', 'expressions', { cpuMicros: 10 }),
        row('module', 'plain paths', { cpuMicros: paths }),
        row('jsonata', 'plain paths', { cpuMicros: 10 }),
      ],
      100,
    );
    expect(targets.map(({ holds }) => holds)).toEqual(expected);
  });
});
