import { mockCredentials } from '@backstage/backend-test-utils';
import { AuthorizeResult } from '@backstage/plugin-permission-common';
import { readOwners, visibleItems, visibleRefs } from './visibleEntities';

describe('visibleEntities', () => {
  const credentials = mockCredentials.user();
  const refs = Array.from({ length: 450 }, (_, i) => `api:default/${i}`);
  const getEntitiesByRefs = jest.fn(
    async ({ entityRefs }: { entityRefs: string[] }) => ({
      items: entityRefs.map(ref =>
        ref.endsWith('/1')
          ? undefined
          : ({ kind: 'API', spec: { owner: `group:${ref}` } } as any),
      ),
    }),
  );
  const contextWith = (result: string) => ({
    catalog: { getEntitiesByRefs },
    permissions: { authorizeConditional: async () => [{ result }] as any },
  });
  const visible = (result: string, asked: string[] = refs) =>
    visibleRefs(contextWith(result), asked, credentials);

  beforeEach(() => {
    getEntitiesByRefs.mockClear();
  });

  it('asks the catalog in the name of the caller, in batches, if the decision depends on the entity', async () => {
    const shown = await visible(AuthorizeResult.CONDITIONAL);

    expect(shown.size).toBe(449);
    expect(shown.has('api:default/1')).toBe(false);
    expect(shown.has('api:default/300')).toBe(true);
    expect(
      getEntitiesByRefs.mock.calls.map(([{ entityRefs }]) => entityRefs.length),
    ).toEqual([200, 200, 50]);
    expect(getEntitiesByRefs).toHaveBeenCalledWith(expect.anything(), {
      credentials,
    });
  });

  it('shows all refs to those who may read every entity, known to the catalog or not', async () => {
    await expect(visible(AuthorizeResult.ALLOW)).resolves.toEqual(
      new Set(refs),
    );
  });

  it('shows nothing to those who may read no entity', async () => {
    await expect(visible(AuthorizeResult.DENY)).resolves.toEqual(new Set());
    expect(getEntitiesByRefs).not.toHaveBeenCalled();
  });

  it('makes no request for no refs', async () => {
    await expect(visible(AuthorizeResult.CONDITIONAL, [])).resolves.toEqual(
      new Set(),
    );
    expect(getEntitiesByRefs).not.toHaveBeenCalled();
  });

  it('shows an item only if all of its entities are visible', async () => {
    const items = [['api:default/0'], ['api:default/0', 'api:default/1'], []];
    await expect(
      visibleItems(contextWith(AuthorizeResult.CONDITIONAL), {
        items,
        refsOf: item => item,
        credentials,
      }),
    ).resolves.toEqual([items[0], items[2]]);
  });

  it('reads owners in the name of the caller, without those of hidden entities', async () => {
    const owners = await readOwners(contextWith('any'), refs, credentials);

    expect(owners.size).toBe(449);
    expect(owners.get('api:default/300')).toBe('group:api:default/300');
    expect(getEntitiesByRefs).toHaveBeenCalledTimes(3);
    expect(getEntitiesByRefs).toHaveBeenCalledWith(expect.anything(), {
      credentials,
    });
  });
});
