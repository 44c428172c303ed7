import { TestDatabases } from '@backstage/backend-test-utils';
import { startCatalog } from '../../src/__testUtils__/startCatalog';
import { createCase } from './cases';
import { FUZZ_CONFIG } from './main';
import { createCheck, runFuzz } from './run';

describe('random requests', () => {
  const databases = TestDatabases.create({ ids: ['SQLITE_3'] });

  it('find nothing, and only those that are answered 202 are stored', async () => {
    const knex = await databases.init('SQLITE_3');
    const catalog = await startCatalog({ knex, customData: FUZZ_CONFIG });
    try {
      const port = Number(new URL(catalog.url).port);
      const check = createCheck();
      const range = { seed: 2026, from: 0, to: 1_000 };
      const result = await runFuzz({ port, check, ...range });
      expect(result.faults).toEqual([]);
      // The cases are of the kinds that they are meant to be.
      expect(result.statuses).toMatchObject({
        'good: 202': expect.any(Number),
        'odd content: 400': expect.any(Number),
        'other body: 401': expect.any(Number),
        'compressed: 415': expect.any(Number),
        'framing: 413': expect.any(Number),
        'chunked: 202': expect.any(Number),
      });
      const stored = await knex('custom_data_deliveries').count({ of: '*' });
      expect(Number(stored[0].of)).toBe(result.stored);
    } finally {
      await catalog.stop();
    }
  });
});

it('gives the same case for the same seed and number', () => {
  const time = new Date(0);
  for (let nth = 0; nth < 200; nth += 1) {
    expect(createCase(7, nth, time)).toEqual(createCase(7, nth, time));
  }
  expect(createCase(8, 0, time)).not.toEqual(createCase(7, 0, time));
});

describe('createCheck', () => {
  const UNSIGNED = { signed: false, whole: true };
  const SIGNED = { signed: true, whole: true };
  const refused = '{"error":{"name":"InputError"}}';

  it.each([
    [UNSIGNED, { status: 401, body: 'no' }, 'nothing'],
    [SIGNED, { status: 202, body: '' }, 'nothing'],
    [SIGNED, { status: 400, body: refused }, 'nothing'],
    [{ signed: false, whole: false }, undefined, 'nothing'],
    [SIGNED, { status: 503, body: '' }, 'was answered 503'],
    [UNSIGNED, { status: 202, body: '' }, 'nobody signed it'],
    [UNSIGNED, { status: 400, body: refused }, 'before it was verified'],
    [SIGNED, { status: 401, body: 'no' }, 'though it is signed'],
    [UNSIGNED, { status: 401, body: 'No' }, 'in other words'],
    [UNSIGNED, undefined, 'was not answered'],
  ])('says of %j answered %j: %s', (fuzzed, answer, fault) => {
    const check = createCheck();
    check(UNSIGNED, { status: 401, body: 'no' });
    expect(check(fuzzed, answer) ?? 'nothing').toContain(fault);
  });
});
