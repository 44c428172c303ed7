import { dirname, join } from 'node:path';

/** What the catalog's own OpenAPI document says of a request. */
export interface CatalogOperation {
  /** Such as `get /entities`. */
  call: string;
  /** `default` is any error. */
  answers: string[];
}

/** All operations of the document that the catalog checks its requests with. */
export function readCatalogOperations(): CatalogOperation[] {
  const root = dirname(
    require.resolve('@backstage/plugin-catalog-backend/package.json'),
  );
  // eslint-disable-next-line @backstage/no-undeclared-imports
  const { spec } = require(join(
    root,
    'dist/schema/openapi/generated/router.cjs.js',
  ));
  return Object.entries<Record<string, any>>(spec.paths).flatMap(
    ([path, operations]) =>
      Object.entries(operations)
        .filter(([, { responses }]) => responses)
        .map(([method, { responses }]) => ({
          call: `${method} ${path}`,
          answers: Object.keys(responses),
        })),
  );
}

const ONE = 'component/default/one';
const NONE = 'component/default/none';
const NO_UID = '00000000-0000-4000-8000-000000000000';

/**
 * Requests to each operation of the document: a path, and for others than GET a
 * body. `UID` and `LOCATION` stand for the ids of one entity and one location.
 */
export const CATALOG_REQUESTS: Record<
  string,
  Array<[path: string, body?: string]>
> = {
  'get /entities': [
    ['/entities'],
    ['/entities?filter=kind=component,metadata.name=one'],
    ['/entities?fields=metadata.name&order=asc:metadata.name'],
    ['/entities?order=asc:metadata.name&offset=1&limit=1'],
    ['/entities?limit=many'],
    ['/entities?order=nonsense'],
    ['/entities?after=nonsense'],
  ],
  'get /entities/by-uid/{uid}': [
    ['/entities/by-uid/UID'],
    [`/entities/by-uid/${NO_UID}`],
  ],
  'get /entities/by-name/{kind}/{namespace}/{name}': [
    [`/entities/by-name/${ONE}`],
    [`/entities/by-name/${NONE}`],
  ],
  'get /entities/by-name/{kind}/{namespace}/{name}/ancestry': [
    [`/entities/by-name/${ONE}/ancestry`],
    [`/entities/by-name/${NONE}/ancestry`],
  ],
  'get /entities/by-query': [
    ['/entities/by-query'],
    ['/entities/by-query?limit=1&orderField=metadata.name,asc'],
    ['/entities/by-query?fullTextFilterTerm=two'],
    ['/entities/by-query?limit=many'],
    ['/entities/by-query?cursor=nonsense'],
  ],
  'get /entity-facets': [['/entity-facets?facet=kind'], ['/entity-facets']],
  'get /locations': [['/locations']],
  'get /locations/{id}': [['/locations/LOCATION'], [`/locations/${NO_UID}`]],
  'get /locations/by-entity/{kind}/{namespace}/{name}': [
    [`/locations/by-entity/${ONE}`],
    [`/locations/by-entity/${NONE}`],
  ],
  'post /refresh': [
    ['/refresh', '{"entityRef":"component:default/none"}'],
    ['/refresh', '{}'],
    ['/refresh', 'nonsense'],
  ],
  'delete /entities/by-uid/{uid}': [[`/entities/by-uid/${NO_UID}`]],
  'post /entities/by-refs': [
    ['/entities/by-refs', '{"entityRefs":["component:default/one"]}'],
    ['/entities/by-refs', '{}'],
  ],
  'post /entities/by-query': [
    ['/entities/by-query', '{"query":{"kind":"component"}}'],
    ['/entities/by-query', '{"limit":"many"}'],
  ],
  'post /entity-facets': [
    ['/entity-facets', '{"facets":["kind"]}'],
    ['/entity-facets', '{}'],
  ],
  'post /locations': [
    ['/locations', '{"type":"url","target":"https://example.com/known.yaml"}'],
    ['/locations?dryRun=true', '{"type":"odd","target":"x"}'],
    ['/locations', '{"type":"url"}'],
    ['/locations', '{"kind":"Location","type":"url","target":"x y"}'],
    ['/locations', 'nonsense'],
    ['/locations', 'kind: Component\n'],
    ['/locations'],
  ],
  'post /locations/by-query': [
    ['/locations/by-query', '{}'],
    ['/locations/by-query', '{"limit":"many"}'],
  ],
  'put /locations/{id}': [
    ['/locations/LOCATION', '{}'],
    [`/locations/${NO_UID}`, '{"type":"url","target":"https://a.example"}'],
  ],
  'delete /locations/{id}': [[`/locations/${NO_UID}`]],
  'post /analyze-location': [
    ['/analyze-location', '{}'],
    ['/analyze-location', '{"location":{"type":"url","target":"nowhere"}}'],
  ],
  'post /validate-entity': [
    ['/validate-entity', '{}'],
    ['/validate-entity', '{"location":"url:x","entity":{"kind":"Component"}}'],
  ],
};
