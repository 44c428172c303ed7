import {
  compileCatalogModel,
  createCatalogModelLayer,
  defaultCatalogEntityModel,
} from '@backstage/catalog-model/alpha';
import type { JsonObject } from '@backstage/types';
import { compileAddedKinds, listSchemas, ownModel } from './catalogSchemas';
import { compileSchema } from './recordSchema';
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
  compileSchema(listSchemas(ownModel()).find(s => s.name === name)!.schema);

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

describe('compileAddedKinds', () => {
  const string = { type: 'string' } as const;
  const schemaWith = (field: string, keywords: JsonObject = {}) => ({
    jsonSchema: {
      type: 'object' as const,
      required: ['spec'],
      ...keywords,
      properties: {
        spec: {
          type: 'object',
          required: [field],
          properties: { [field]: string },
        },
      },
    },
  });
  const model = compileCatalogModel([
    defaultCatalogEntityModel,
    createCatalogModelLayer({
      layerId: 'acme.com/model',
      builder: layer => {
        layer.addKind({
          group: 'acme.com',
          names: { kind: 'Widget', singular: 'widget', plural: 'widgets' },
          description: 'A widget.',
          versions: [
            { name: 'v1', schema: schemaWith('size') },
            { name: 'v1', specType: 'round', schema: schemaWith('radius') },
            { name: 'v2', schema: schemaWith('a', { errorMessage: 'b' }) },
          ],
        });
        layer.updateKind({
          names: { kind: 'System' },
          versions: [{ name: 'v1alpha1', schema: schemaWith('tier') }],
        });
      },
    }),
  ]);
  const checks = compileAddedKinds(model);

  it('checks kinds that the host adds or changes, and no others', () => {
    expect([...checks.keys()].sort()).toEqual([
      'acme.com/v1/widget',
      'acme.com/v2/widget',
      'backstage.io/v1alpha1/system',
    ]);
    expect(compileAddedKinds(ownModel()).size).toBe(0);
  });

  it('checks a type of a kind by the schema of that type', async () => {
    const pathsOf = async (spec: JsonObject) => {
      const entity = { ...entityOf('Widget', spec), apiVersion: 'acme.com/v1' };
      const faults = await checks.get('acme.com/v1/widget')!(entity);
      return faults.map(({ path }) => path);
    };
    await expect(pathsOf({})).resolves.toEqual(['spec.size']);
    await expect(pathsOf({ type: 'flat' })).resolves.toEqual(['spec.size']);
    await expect(pathsOf({ type: 'round' })).resolves.toEqual(['spec.radius']);
    await expect(pathsOf({ size: 'a' })).resolves.toEqual([]);
  });

  it('knows a kind whose schema only the catalog can use', async () => {
    const check = checks.get('acme.com/v2/widget')!;
    await expect(check(entityOf('Widget', {}))).resolves.toEqual([]);
  });
});
