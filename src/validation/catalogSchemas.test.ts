import type { JsonObject } from '@backstage/types';
import { listSchemas, ownModel } from './catalogSchemas';
import { compileKindSchema } from './files/kindSchemas';
import { kindFaults } from './kindFaults';

const SPECS: Record<string, JsonObject> = {
  API: { type: 'a', lifecycle: 'b', owner: 'c', definition: 'd' },
  Component: { type: 'a', lifecycle: 'b', owner: 'c' },
  Domain: { owner: 'a' },
  Group: { type: 'a', children: [] },
  Location: { target: 'a' },
  Resource: { type: 'a', owner: 'b' },
  System: { owner: 'a' },
  User: { memberOf: [] },
};

const entityOf = (
  kind: string,
  spec: JsonObject,
  metadata: JsonObject = {},
) => ({
  apiVersion: 'backstage.io/v1alpha1',
  kind,
  metadata: { name: 'a', ...metadata },
  spec,
});

const faultsBy = (name: string) =>
  compileKindSchema(listSchemas(ownModel()).find(s => s.name === name)!.schema);

describe('listSchemas', () => {
  it.each(Object.entries(SPECS))(
    'gives for a %s what the module itself checks',
    async (kind, spec) => {
      const [field, value] = Object.entries(spec)[0];
      const { [field]: _, ...without } = spec;
      const wrong = { ...spec, [field]: Array.isArray(value) ? 'a' : [1] };
      for (const entity of [
        entityOf(kind, spec),
        entityOf(kind, without),
        entityOf(kind, wrong),
        entityOf(kind, { ...spec, more: 1 }),
        entityOf(kind, spec, { annotations: ['a'] }),
        entityOf(kind, spec, { links: [{ title: 'a' }] }),
        entityOf(kind, spec, { name: '' }),
      ]) {
        expect(faultsBy(`${kind}.v1alpha1`)(entity).length > 0).toBe(
          (await kindFaults(entity)).length > 0,
        );
      }
    },
  );

  it('gives what entities of all kinds share', async () => {
    const check = faultsBy('Entity');
    expect(check(entityOf('Widget', { any: 1 }))).toEqual([]);
    expect(check(entityOf('Widget', {}, { tags: 'a' }))).toMatchObject([
      { path: 'metadata.tags' },
    ]);
    expect(check({ kind: 'Widget' }).map(({ path }) => path)).toEqual([
      'apiVersion',
      'metadata',
    ]);
  });
});
