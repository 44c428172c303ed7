import {
  compileCatalogModel,
  createCatalogModelLayer,
  defaultCatalogEntityModel,
} from '@backstage/catalog-model/alpha';
import type { JsonObject } from '@backstage/types';
import { ownModel } from '../catalogSchemas';
import { compileKindSchema, kindsOf } from './kindSchemas';

describe('kindsOf', () => {
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
  const kinds = kindsOf(model);
  const pathsOf = (spec: JsonObject, apiVersion: string, kind: string) =>
    kinds
      .check({ apiVersion, kind, metadata: { name: 'a' }, spec })
      .map(({ path }) => path);

  it('knows the kinds of the catalog and those that the host adds', () => {
    expect(kinds.names).toContain('acme.com/v1/Widget');
    expect(kinds.names).toContain('backstage.io/v1beta1/Component');
    expect(kinds.names).toContain('scaffolder.backstage.io/v1beta3/Template');
    expect(kindsOf(ownModel()).names).not.toContain('acme.com/v1/Widget');
  });

  it('checks a kind by what the host changes in it', () => {
    const spec = { owner: 'a' };
    const version = 'backstage.io/v1alpha1';
    expect(pathsOf(spec, version, 'System')).toEqual(['spec.tier']);
    expect(pathsOf(spec, version, 'Domain')).toEqual([]);
  });

  it('checks a type of a kind by the schema of that type', () => {
    const check = (spec: JsonObject) => pathsOf(spec, 'acme.com/v1', 'Widget');
    expect(check({})).toEqual(['spec.size']);
    expect(check({ type: 'flat' })).toEqual(['spec.size']);
    expect(check({ type: 'round' })).toEqual(['spec.radius']);
    expect(check({ size: 'a' })).toEqual([]);
  });

  it('checks nothing by a schema that only the catalog can use', () => {
    expect(pathsOf({}, 'acme.com/v2', 'Widget')).toEqual([]);
  });

  it('checks a kind that nobody knows for what all kinds have in common', () => {
    const entity = { apiVersion: 'a.b/v1', kind: 'Any', metadata: { tags: 5 } };
    expect(kinds.check(entity).map(({ path }) => path)).toEqual([
      'metadata.name',
      'metadata.tags',
    ]);
  });
});

describe('compileKindSchema', () => {
  const check = compileKindSchema({
    properties: {
      spec: {
        required: ['size'],
        additionalProperties: false,
        properties: {
          size: { enum: ['small', 'large'] },
          name: { minLength: 1 },
          on: { type: 'boolean' },
        },
      },
    },
  });

  it('tells all faults in words', () => {
    const spec = { size: 'huge', name: '', on: null, x: 1 };
    expect(check({ spec })).toEqual([
      { path: 'spec.x', isName: true, reason: 'is not known here' },
      {
        path: 'spec.size',
        reason: 'must be one of "small", "large" (found "huge")',
      },
      {
        path: 'spec.name',
        reason: 'must NOT have fewer than 1 characters (found "")',
      },
      {
        path: 'spec.on',
        reason:
          'is empty, and must be true or false; give it one, or leave the field out',
      },
    ]);
  });

  it('knows the schemas of the catalog by name, and tells all faults of such a schema', () => {
    const ofWidget = compileKindSchema({
      allOf: [
        { $ref: 'Entity' },
        {
          type: 'object',
          properties: {
            kind: { enum: ['Widget'] },
            spec: { type: 'object', required: ['size', 'name'] },
          },
        },
      ],
    });
    const widget = { apiVersion: 'a/v1', metadata: { name: 'a' }, spec: {} };
    expect(ofWidget({ ...widget, kind: 'Widget' })).toEqual([
      { path: 'spec.size', reason: 'is missing' },
      { path: 'spec.name', reason: 'is missing' },
    ]);
    const other = { ...widget, kind: 'Other', metadata: {} };
    expect(ofWidget(other).map(({ path }) => path)).toEqual([
      'metadata.name',
      'kind',
      'spec.size',
      'spec.name',
    ]);
  });

  it.each([
    ['Entity', { metadata: { name: 'a' }, more: 1 }, ['more']],
    ['EntityEnvelope', { metadata: { tags: 5 }, more: 1 }, ['metadata.name']],
    [
      'EntityEnvelope',
      { metadata: { name: 'a', namespace: 5 } },
      ['metadata.namespace'],
    ],
  ])('knows the schema %s of the catalog', ($ref, entity, paths) => {
    const kind = { apiVersion: 'a/v1', kind: 'A' };
    const faults = compileKindSchema({ $ref })({ ...kind, ...entity });
    expect(faults.map(({ path }) => path)).toEqual(paths);
  });

  it('knows the schema of metadata, for a schema of any draft', () => {
    const ofMetadata = compileKindSchema({
      $schema: 'http://json-schema.org/draft-07/schema#',
      properties: { metadata: { $ref: 'EntityMeta' } },
    });
    expect(ofMetadata({ metadata: { name: 'a', tags: 5 } })).toMatchObject([
      { path: 'metadata.tags' },
    ]);
  });
});
