import { mockCredentials } from '@backstage/backend-test-utils';
import { AuthorizeResult } from '@backstage/plugin-permission-common';
import { createEntityGate } from './createEntityGate';

describe('createEntityGate', () => {
  const credentials = mockCredentials.user();

  it.each([
    ['that the catalog gives them', true, AuthorizeResult.CONDITIONAL, true],
    ['of nobody, if they may read all', false, AuthorizeResult.ALLOW, true],
    ['of nobody, on conditions', false, AuthorizeResult.CONDITIONAL, false],
    ['that they may not read', false, AuthorizeResult.DENY, false],
  ])('lets people see an entity %s', async (_, isGiven, result, expected) => {
    const getEntitiesByRefs = jest.fn(async () => ({
      items: [isGiven ? ({ kind: 'API' } as any) : undefined],
    }));
    const maySee = createEntityGate({
      catalog: { getEntitiesByRefs },
      permissions: { authorizeConditional: async () => [{ result }] as any },
    });

    await expect(maySee('api:default/a', credentials)).resolves.toBe(expected);

    expect(getEntitiesByRefs).toHaveBeenCalledWith(
      expect.objectContaining({ entityRefs: ['api:default/a'] }),
      { credentials },
    );
  });
});
