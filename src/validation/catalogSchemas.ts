import type { CatalogModel } from '@backstage/catalog-model/alpha';
import {
  compileCatalogModel,
  defaultCatalogEntityModel,
} from '@backstage/catalog-model/alpha';
import type { JsonObject } from '@backstage/types';
import { canonicalJson } from '../lib/canonicalJson';
import { isObject } from '../lib/values';
import { type CheckKind, compileKindSchema } from './files/schemaFaults';

/** A JSON Schema that the catalog holds entities to. */
export interface CatalogSchema {
  /** Such as `Component.v1alpha1`, or `API.v1alpha1.mcp-server` for one `spec.type`. */
  name: string;
  /** Those of the schema that all entities share are undefined. */
  kind?: string;
  apiVersion?: string;
  specType?: string;
  schema: JsonObject;
}

let own: CatalogModel | undefined;

/** The model of a catalog to which nothing was added. */
export function ownModel(): CatalogModel {
  own ??= compileCatalogModel([defaultCatalogEntityModel]);
  return own;
}

/** All schemas of a model, by name. */
export function listSchemas(model: CatalogModel): CatalogSchema[] {
  const schemas = model.listKinds().flatMap(({ names: { kind }, versions }) =>
    versions.map(({ apiVersion, specType }): CatalogSchema => {
      const version = apiVersion.slice(apiVersion.lastIndexOf('/') + 1);
      const spec = { type: specType };
      return {
        name: [kind, version, specType ?? []].flat().join('.'),
        kind,
        apiVersion,
        ...(specType !== undefined && { specType }),
        schema: model.getKind({ kind, apiVersion, spec })!.jsonSchema,
      };
    }),
  );
  return [...schemas.slice(0, 1).map(envelopeOf), ...schemas].sort((a, b) =>
    a.name < b.name ? -1 : 1,
  );
}

/** A model has what all entities share in the schema of each kind, and nowhere else. */
function envelopeOf({ schema: { properties } }: CatalogSchema): CatalogSchema {
  const text = { type: 'string', minLength: 1 };
  return {
    name: 'Entity',
    schema: {
      $schema: 'http://json-schema.org/draft-07/schema',
      $id: 'Entity',
      description: 'What entities of all kinds have in common.',
      type: 'object',
      required: ['apiVersion', 'kind', 'metadata'],
      properties: {
        apiVersion: text,
        kind: text,
        metadata: (properties as JsonObject).metadata,
        spec: { type: 'object' },
      },
      additionalProperties: false,
    },
  };
}

/**
 * What checks entities of the kinds that a model adds to the catalog's own, or
 * changes, by `apiVersion/kind` in lower case.
 */
export function compileAddedKinds(model: CatalogModel): Map<string, CheckKind> {
  const unchanged = new Map(
    listSchemas(ownModel()).map(({ name, schema }) => [
      name,
      canonicalJson(schema),
    ]),
  );
  const added = new Map<string, Map<string | undefined, CheckKind>>();
  for (const { name, kind, apiVersion, specType, schema } of listSchemas(
    model,
  )) {
    if (kind && unchanged.get(name) !== canonicalJson(schema)) {
      const key = `${apiVersion}/${kind}`.toLowerCase();
      const checks = added.get(key) ?? new Map();
      added.set(key, checks.set(specType, compile(schema)));
    }
  }
  return new Map(
    [...added].map(([key, checks]) => [
      key,
      async entity => {
        const type = isObject(entity.spec) ? entity.spec.type : undefined;
        const check = checks.get(`${type}`) ?? checks.get(undefined);
        return check ? check(entity) : [];
      },
    ]),
  );
}

/** The catalog allows keywords that nobody else knows. With one, entities are not checked. */
function compile(schema: JsonObject): CheckKind {
  try {
    return compileKindSchema({
      $schema: 'http://json-schema.org/draft-07/schema',
      ...schema,
    });
  } catch {
    return async () => [];
  }
}
