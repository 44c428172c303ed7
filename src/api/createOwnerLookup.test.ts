import { mockCredentials } from '@backstage/backend-test-utils';
import { createOwnerLookup } from './createOwnerLookup';

describe('createOwnerLookup', () => {
  it('asks in the name of the caller, in parts, and leaves out what it may not see', async () => {
    const credentials = mockCredentials.user();
    const getEntitiesByRefs = jest.fn(
      async ({ entityRefs }: { entityRefs: string[] }) => ({
        items: entityRefs.map(ref =>
          ref.endsWith('/1')
            ? undefined
            : ({ spec: { owner: `group:${ref}` } } as any),
        ),
      }),
    );
    const refs = Array.from({ length: 450 }, (_, i) => `api:default/${i}`);

    const owners = await createOwnerLookup({ catalog: { getEntitiesByRefs } })(
      refs,
      credentials,
    );

    expect(owners.size).toBe(449);
    expect(owners.get('api:default/300')).toBe('group:api:default/300');
    expect(getEntitiesByRefs).toHaveBeenCalledTimes(3);
    expect(getEntitiesByRefs).toHaveBeenCalledWith(expect.anything(), {
      credentials,
    });
  });
});
