import { describeTables } from '../../database/__testUtils__/describeTables';
import type { Problem } from '../../lib/problem';
import { replaceFindings } from './findings';
import { keyProblems, KEPT_PROBLEMS, updateProblems } from './problems';

describeTables('updateProblems on %s', tables => {
  const now = new Date('2026-01-01T00:00:00.000Z');

  beforeEach(async () => {
    await tables
      .knex('custom_data_sources')
      .insert({ source: 's', failures: 0 });
  });

  const problem = (id: number, value?: string): Problem => ({
    code: 'expression-failed',
    severity: 'error',
    recordId: `r${id}`,
    message: 'failed',
    value,
  });
  const settle = (...found: Problem[]) =>
    tables.knex.transaction(tx =>
      updateProblems({
        tx,
        run: { id: 'run', source: 's', kind: 'poll', startedAt: now },
        outcome: { found, isEvaluated: () => true },
        isList: true,
      }),
    );
  const values = async () =>
    (await tables.knex('custom_data_problems').orderBy('record_id')).map(
      row => row.value,
    );

  it('keeps on what an expression stumbled, as that changes', async () => {
    await settle(problem(1, '"a\0b"'), problem(2));
    expect(await values()).toEqual(['"a\uFFFDb"', null]);

    await settle(problem(1, '7'), problem(2));

    expect(await values()).toEqual(['7', null]);
  });

  it('has findings of the catalog take no room, and go with their entities', async () => {
    const refs = Array.from({ length: KEPT_PROBLEMS }, (_, i) => `c:d/${i}`);
    await tables.knex('custom_data_read_refs').insert({
      source: 's',
      record_id: 'r',
      entity_ref: refs[0],
    });
    await replaceFindings({
      knex: tables.knex,
      before: [],
      after: refs.map(entityRef => ({
        code: 'catalog-error' as const,
        severity: 'error' as const,
        source: 's',
        recordId: 'r',
        entityRef,
        message: 'bad',
      })),
      now,
    });
    const found = Array.from({ length: KEPT_PROBLEMS + 1 }, (_, i) =>
      problem(i),
    );

    await settle(...found);

    const rows = await tables
      .knex('custom_data_problems')
      .select('code')
      .count({ count: '*' })
      .groupBy('code')
      .orderBy('code');
    expect(rows.map(row => ({ ...row, count: Number(row.count) }))).toEqual([
      { code: 'catalog-error', count: 1 },
      { code: 'expression-failed', count: KEPT_PROBLEMS },
    ]);
  });
});

describe('keyProblems', () => {
  const problem = (message: string, more: Partial<Problem> = {}): Problem => ({
    code: 'entity-invalid',
    severity: 'error',
    recordId: 'a',
    message,
    ...more,
  });
  const keys = (...problems: Problem[]) => [...keyProblems(problems).keys()];

  it('gives one key whatever the message, and others elsewhere', () => {
    expect(keys(problem('x'))).toEqual(keys(problem('y')));
    const elsewhere = [
      problem('x'),
      problem('x', { recordId: 'b' }),
      problem('x', { path: 'metadata.name' }),
      problem('x', { entityRef: 'component:default/a' }),
      problem('x', { code: 'kind-not-allowed' }),
    ];
    expect(new Set(elsewhere.flatMap(p => keys(p))).size).toBe(5);
  });

  it('keeps apart several at one place', () => {
    const [first, second] = keys(problem('x'), problem('y'));

    expect(first).not.toBe(second);
    expect(keys(problem('z'))).toEqual([first]);
  });
});
