import type { CatalogModel } from '@backstage/catalog-model/alpha';
import {
  compileCatalogModel,
  defaultCatalogEntityModel,
} from '@backstage/catalog-model/alpha';
import type { JsonObject } from '@backstage/types';

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

/** Those by whose `$id` schemas of other kinds name them, as in `allOf: [{ $ref: Entity }]`. */
export function namedSchemas(): JsonObject[] {
  const all = listSchemas(ownModel());
  const { schema } = all.find(({ kind }) => kind === undefined)!;
  const { $schema: _, ...entity } = schema;
  const properties = entity.properties as JsonObject;
  const metadata = properties.metadata as JsonObject;
  const { name, namespace } = metadata.properties as JsonObject;
  const named = { ...metadata, properties: { name, namespace } };
  return [
    entity,
    { ...metadata, $id: 'EntityMeta' },
    {
      ...entity,
      $id: 'EntityEnvelope',
      properties: { ...properties, metadata: named },
      additionalProperties: true,
    },
  ];
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
