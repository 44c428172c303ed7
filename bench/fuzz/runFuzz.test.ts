import { TestDatabases } from '@backstage/backend-test-utils';
import { startCatalog } from '../../src/__testUtils__/startCatalog';
import { runFuzz } from './runFuzz';
import { FUZZ_CONFIG } from './senders';

const CASES = 1_000;

describe('random requests', () => {
  const databases = TestDatabases.create({ ids: ['SQLITE_3'] });

  it('find nothing, and leave nothing that was not signed', async () => {
    const knex = await databases.init('SQLITE_3');
    const catalog = await startCatalog({ knex, customData: FUZZ_CONFIG });
    try {
      const port = Number(new URL(catalog.url).port);
      const result = await runFuzz({ port, seed: 20_26, from: 0, to: CASES });
      expect(result.faults).toEqual([]);
      expect(result.sent).toBe(CASES);
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
