import type { BackstageCredentials } from '@backstage/backend-plugin-api';
import { type Entity, stringifyEntityRef } from '@backstage/catalog-model';
import { ConflictError, InputError, NotFoundError } from '@backstage/errors';
import type { JsonObject } from '@backstage/types';
import {
  type CatalogService,
  locationSpecToLocationEntity,
} from '@backstage/plugin-catalog-node';
import type { ExplainContext } from '../../ingestion/explain/explainEntity';
import { readSourceState } from '../../ingestion/database/runs';
import { fetchRecord, refusalOf } from '../../ingestion/fetchRecord';
import { mapRecord } from '../../ingestion/mapRecord';
import { LOCATION_TYPE, parseTarget } from '../../lib/keys';
import { quoteValue } from '../../lib/values';
import { readReferences } from '../../validation/files/references';
import { toCatalogError } from './catalogError';

/** One relation between entities, as the catalog names it. */
export interface GraphRelation {
  source: string;
  type: string;
  target: string;
}

/** Entities by ref, and relations between them. */
export interface EntityGraph {
  entities: string[];
  relations?: GraphRelation[];
}

export interface LocationDryRun {
  entities: Entity[];
  graph: Required<EntityGraph>;
  /** Only where a graph is expected. */
  comparison?: {
    isSame: boolean;
    missingEntities: string[];
    unexpectedEntities: string[];
    missingRelations: GraphRelation[];
    unexpectedRelations: GraphRelation[];
  };
}

export interface DryRunLocationContext extends ExplainContext {
  catalog: Pick<CatalogService, 'addLocation'>;
}

/** What a location would give. Nothing is registered and nothing is stored. */
export async function dryRunLocation(
  context: DryRunLocationContext,
  options: {
    type: string;
    target: string;
    expected?: EntityGraph;
    credentials: BackstageCredentials;
  },
): Promise<LocationDryRun> {
  const { type, target, expected, credentials } = options;
  const entities =
    type === LOCATION_TYPE
      ? await readRecordEntities(context, target)
      : await readByCatalog(context, { type, target, credentials });
  const graph = toGraph(entities);
  return {
    entities,
    graph,
    comparison: expected && compareGraphs(graph, expected),
  };
}

async function readByCatalog(
  { catalog }: DryRunLocationContext,
  options: {
    type: string;
    target: string;
    credentials: BackstageCredentials;
  },
): Promise<Entity[]> {
  const { type, target, credentials } = options;
  try {
    const { entities } = await catalog.addLocation(
      { type, target, dryRun: true },
      { credentials },
    );
    const own = locationSpecToLocationEntity({ location: { type, target } });
    // The catalog makes a Location of the target itself, which nobody expects.
    return entities.filter(
      ({ kind, metadata }) =>
        kind !== 'Location' || metadata.name !== own.metadata.name,
    );
  } catch (thrown) {
    const error = toCatalogError(thrown);
    throw error instanceof InputError
      ? new InputError(
          `The catalog cannot read the ${type} ${quoteValue(target)}: ${
            error.message
          }`,
        )
      : error;
  }
}

async function readRecordEntities(
  context: DryRunLocationContext,
  target: string,
): Promise<Entity[]> {
  const { sources, knex, now, shutdown } = context;
  const named = parseTarget(target);
  const part = named && sources.get(named.source);
  if (!named || !part) {
    throw new InputError(
      `target: ${quoteValue(
        target,
      )} names no record of a source; write "<source>/<record id>" with one of the sources ${[
        ...sources.keys(),
      ]
        .map(quoteValue)
        .join(', ')}`,
    );
  }
  const { recordId } = named;
  const { settings } = part;
  const state = await readSourceState({ knex, source: settings.name });
  const refusal = refusalOf({ settings, state, now: now() });
  if (refusal) {
    throw new ConflictError(`Source "${settings.name}" ${refusal.reason}`);
  }
  const answer = await fetchRecord({
    ...context,
    ...part,
    recordId,
    signal: shutdown,
  });
  if (answer.type !== 'record') {
    throw new NotFoundError(
      `Source "${settings.name}" has no record "${recordId}"`,
    );
  }
  const outcome = await mapRecord({
    ...part,
    record: answer.record,
    recordId,
  });
  if (outcome.type === 'invalid') {
    throw new InputError(outcome.problems.map(p => p.message).join('; '));
  }
  return outcome.entities;
}

/** The relation that the catalog makes of a field, seen from the entity that has the field. */
const RELATION_OF: Record<string, string> = {
  owner: 'ownedBy',
  system: 'partOf',
  domain: 'partOf',
  subcomponentOf: 'partOf',
  subdomainOf: 'partOf',
  dependsOn: 'dependsOn',
  dependencyOf: 'dependencyOf',
  providesApis: 'providesApi',
  consumesApis: 'consumesApi',
  memberOf: 'memberOf',
  parent: 'childOf',
  children: 'parentOf',
  members: 'hasMember',
};

function toGraph(entities: Entity[]): Required<EntityGraph> {
  return {
    entities: entities.map(entity => stringifyEntityRef(entity)).sort(),
    relations: entities.flatMap(entity =>
      readReferences(entity as unknown as JsonObject).references.map(
        ({ field, ref }) => ({
          source: stringifyEntityRef(entity),
          type: RELATION_OF[field],
          target: ref,
        }),
      ),
    ),
  };
}

/** Relations are compared only where some are expected. */
export function compareGraphs(
  found: Required<EntityGraph>,
  expected: EntityGraph,
): NonNullable<LocationDryRun['comparison']> {
  const lower = (text: string) => text.toLocaleLowerCase('en-US');
  const relationKey = ({ source, type, target }: GraphRelation) =>
    [lower(source), type, lower(target)].join(' ');
  const { relations } = expected;
  const differences = {
    missingEntities: lacking(expected.entities, found.entities, lower),
    unexpectedEntities: lacking(found.entities, expected.entities, lower),
    missingRelations: lacking(relations ?? [], found.relations, relationKey),
    unexpectedRelations: relations
      ? lacking(found.relations, relations, relationKey)
      : [],
  };
  const isSame = Object.values(differences).every(list => list.length === 0);
  return { isSame, ...differences };
}

function lacking<T>(items: T[], among: T[], keyOf: (item: T) => string): T[] {
  const known = new Set(among.map(keyOf));
  return items.filter(item => !known.has(keyOf(item)));
}
