import { checkOwners } from './checkOwners';

const check = (catalog: string[]) =>
  checkOwners({
    source: 'registry',
    owners: [
      { owner: 'group:default/a', entities: 1, example: 'component:default/x' },
      { owner: 'group:default/b', entities: 7, example: 'api:default/y' },
    ],
    registry: {
      locationKeys: async refs =>
        new Map(
          refs.filter(ref => catalog.includes(ref)).map(ref => [ref, null]),
        ),
    },
  });

describe('checkOwners', () => {
  it('warns once of each owner that the catalog does not know', async () => {
    const problems = await check([]);

    expect(problems.map(({ entityRef }) => entityRef)).toEqual([
      'group:default/a',
      'group:default/b',
    ]);
    expect(problems.map(({ message }) => message)).toEqual([
      expect.stringContaining('owner of "component:default/x" of source'),
      expect.stringContaining('owner of 7 entities, such as "api:default/y"'),
    ]);
  });

  it('has nothing to say of those that are there, whoever gave them', async () => {
    await expect(
      check(['group:default/a', 'group:default/b']),
    ).resolves.toEqual([]);
  });
});
