import { settingsOf } from '../ingestion/__testUtils__/fakes';
import { findDuplicates } from './duplicates';

const find = (overrides: Parameters<typeof settingsOf>[0]) =>
  findDuplicates([
    settingsOf({ name: 'first' }),
    settingsOf({ name: 'second', ...overrides }),
  ]);

describe('findDuplicates', () => {
  it.each([
    {},
    { title: 'Another' },
    { pagination: { type: 'link' as const, maxPages: 1 } },
    { takeover: true, cycles: 'reject' as const },
  ])('finds a source that differs in %j only', overrides => {
    expect(find(overrides)).toEqual(new Map([['second', 'first']]));
  });

  it.each([
    { method: 'POST' as const },
    { body: { filter: 'a' } },
    { query: { team: 'a' } },
    { auth: { type: 'bearer' as const, token: 'abc' } },
    { headers: { 'X-Tenant': 'a' } },
    { records: 'items' },
    { when: 'team = "a"' },
    { tables: { owners: { a: 'b' } } },
    { transformer: 'own' },
  ])('takes one that differs in %j for another', overrides => {
    expect(find(overrides)).toEqual(new Map());
  });

  it('does not compare what two custom sources read', () => {
    const custom = { type: 'custom' as const };
    expect(findDuplicates([settingsOf(custom), settingsOf(custom)])).toEqual(
      new Map(),
    );
  });
});
