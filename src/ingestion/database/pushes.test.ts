import type { Knex } from 'knex';
import { describeTables } from '../../database/__testUtils__/describeTables';
import {
  forgetPushes,
  readCurrentVersion,
  readWaitingPushes,
  swapVersion,
} from './pushes';

const entityRef = 'component:default/a';
const version = (text: string) => ({ entity: `"${text}"`, hash: text });

describeTables('what is pushed, on %s', tables => {
  let knex: Knex;
  const now = new Date('2026-11-30T12:00:00Z');

  beforeEach(() => {
    ({ knex } = tables);
  });

  const swap = (expected: string | null, next?: string, source = 'ci') =>
    swapVersion({
      knex,
      source,
      entityRef,
      expected,
      next: next === undefined ? undefined : version(next),
      by: 'external:ci',
      now,
    });
  const current = async () =>
    (await readCurrentVersion({ knex, entityRef }))?.hash;
  const waiting = () => readWaitingPushes({ knex, source: 'ci', limit: 10 });

  it('is created once, written over the revision that is expected, and removed', async () => {
    await expect(swap('one', 'two')).resolves.toBe(false);
    await expect(swap(null, 'one')).resolves.toBe(true);
    await expect(swap(null, 'other')).resolves.toBe(false);
    await expect(swap('other', 'two')).resolves.toBe(false);
    await expect(current()).resolves.toBe('one');
    await expect(swap('one', 'two')).resolves.toBe(true);
    await expect(swap('one', 'three')).resolves.toBe(false);
    await expect(current()).resolves.toBe('two');
    await expect(swap('two')).resolves.toBe(true);
    await expect(current()).resolves.toBeUndefined();
    await expect(swap('two', 'three')).resolves.toBe(false);
    await expect(swap(null, 'four')).resolves.toBe(true);
    await expect(current()).resolves.toBe('four');
  });

  it('is written by one of many who expect the same', async () => {
    const attempt = (expected: string | null, name: string) =>
      Promise.all(
        Array.from({ length: 20 }, (_, i) => swap(expected, `${name}-${i}`)),
      );
    const created = await attempt(null, 'one');
    expect(created.filter(Boolean)).toHaveLength(1);
    const changed = await attempt((await current())!, 'two');
    expect(changed.filter(Boolean)).toHaveLength(1);
  });

  it('leaves what is of another source', async () => {
    await swap(null, 'one', 'other');
    await expect(swap('one', 'two')).resolves.toBe(false);
    await expect(swap(null, 'two')).resolves.toBe(false);
    await swap('one', undefined, 'other');
    await expect(swap(null, 'two')).resolves.toBe(false);
  });

  it('waits until the catalog has it, with what was written last', async () => {
    await swap(null, 'one');
    const first = await waiting();
    expect(first).toEqual([
      { entityRef, entity: '"one"', hash: 'one', by: 'external:ci' },
    ]);
    await swap('one', 'two');
    // A run that gave the first one to the catalog.
    await forgetPushes({ knex, source: 'ci', pushes: first });
    const second = await waiting();
    expect(second).toMatchObject([{ entity: '"two"', hash: 'two' }]);
    await forgetPushes({ knex, source: 'ci', pushes: second });
    await expect(waiting()).resolves.toEqual([]);
    await expect(current()).resolves.toBe('two');
  });

  it('waits as a removal, which leaves nothing unless it was written again', async () => {
    await swap(null, 'one');
    await swap('one');
    const removal = await waiting();
    expect(removal).toMatchObject([{ entity: undefined, hash: '' }]);
    await swap(null, 'two');
    await forgetPushes({ knex, source: 'ci', pushes: removal });
    await expect(current()).resolves.toBe('two');
    await swap('two');
    await forgetPushes({ knex, source: 'ci', pushes: removal });
    await expect(knex('custom_data_entities')).resolves.toEqual([]);
  });
});
