import { mockCredentials } from '@backstage/backend-test-utils';
import { AuthorizeResult } from '@backstage/plugin-permission-common';
import { createVisibleRefs } from './createVisibleRefs';

describe('createVisibleRefs', () => {
  const credentials = mockCredentials.user();
  const refs = Array.from({ length: 450 }, (_, i) => `api:default/${i}`);
  const getEntitiesByRefs = jest.fn(
    async ({ entityRefs }: { entityRefs: string[] }) => ({
      items: entityRefs.map(ref =>
        ref.endsWith('/1') ? undefined : ({ kind: 'API' } as any),
      ),
    }),
  );
  const visible = (result: string, asked: string[] = refs) =>
    createVisibleRefs({
      catalog: { getEntitiesByRefs },
      permissions: { authorizeConditional: async () => [{ result }] as any },
    })(asked, credentials);

  beforeEach(() => {
    getEntitiesByRefs.mockClear();
  });

  it('asks the catalog in the name of the caller, in parts, where it depends on the entity', async () => {
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

  it('shows all to those who may read whatever there is, known to the catalog or not', async () => {
    await expect(visible(AuthorizeResult.ALLOW)).resolves.toEqual(
      new Set(refs),
    );
  });

  it('shows nothing to those who may read nothing', async () => {
    await expect(visible(AuthorizeResult.DENY)).resolves.toEqual(new Set());
    expect(getEntitiesByRefs).not.toHaveBeenCalled();
  });

  it('asks nobody about nothing', async () => {
    await expect(visible(AuthorizeResult.CONDITIONAL, [])).resolves.toEqual(
      new Set(),
    );
    expect(getEntitiesByRefs).not.toHaveBeenCalled();
  });
});
