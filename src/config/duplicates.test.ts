import { settingsOf } from '../sync/__testUtils__/fakes';
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
  ])('takes one that differs in %j for another', overrides => {
    expect(find(overrides)).toEqual(new Map());
  });
});
