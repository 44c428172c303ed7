import { findIds, findLists } from './answerShape';

describe('findLists', () => {
  it('finds lists of objects, also those in lists, as "records" names them', () => {
    const answer = {
      meta: { 'next page': [{ url: 'x' }], tags: ['a', 'b'] },
      groups: [
        { name: 'a', items: [{ id: 1 }, { id: 2, old: true }] },
        { name: 'b', items: [{ id: 3 }] },
      ],
    };
    expect(findLists(answer)).toEqual([
      { path: 'groups', count: 2, keys: ['name', 'items'], missing: 0 },
      { path: 'meta.`next page`', count: 1, keys: ['url'], missing: 0 },
      { path: 'groups.items', count: 3, keys: ['id', 'old'], missing: 0 },
    ]);
  });

  it('counts the entries that lack a list, which "records" would refuse', () => {
    const groups = [{ items: [{ id: 1 }] }, { items: null }, {}];
    expect(findLists({ groups }).at(-1)).toEqual({
      path: 'groups.items',
      count: 1,
      keys: ['id'],
      missing: 2,
    });
  });

  it('finds the answer itself, and none where there is none', () => {
    expect(findLists([{ id: 1 }])).toEqual([
      { path: '', count: 1, keys: ['id'], missing: 0 },
    ]);
    expect(findLists({ a: 1, b: null, c: [] })).toEqual([]);
    expect(findLists('text')).toEqual([]);
  });
});

describe('findIds', () => {
  it('finds the keys that differ from record to record, names of ids first', () => {
    const records = [
      { title: 'A', team: 'x', serviceId: 1, 'the-key': 'k', rank: {} },
      { title: 'B', team: 'x', serviceId: 2, 'the-key': 'l', rank: {} },
    ];
    expect(findIds(records)).toEqual(['serviceId', '`the-key`', 'title']);
  });
});
