import type { JsonObject } from '@backstage/types';
import type { Knex } from 'knex';
import { SOON, startCatalog } from './startCatalog';

/** Not each second, since these are many, and each run costs some twenty statements. */
const OFTEN = {
  ...SOON,
  schedule: { ...SOON.schedule, frequency: { seconds: 8 } },
  backoff: { initial: { seconds: 1 }, max: { seconds: 8 } },
  reconcile: { initialDelay: { hours: 1 } },
};

export const SECRET = 'a-token-that-nobody-sees';

/** Which team has which service. */
export type Teams = Record<string, string>;

/** Services of a team, by number. */
export function teamsOf(team: string, from: number, to: number): Teams {
  const teams: Teams = {};
  for (let number = from; number <= to; number++) {
    teams[`service-${number}`] = team;
  }
  return teams;
}

export const record = (serviceId: string, team: string): JsonObject => ({
  serviceId,
  team,
});

export const recordsOf = (teams: Teams): JsonObject[] =>
  Object.entries(teams).map(([id, team]) => record(id, team));

/** What a source is configured with for a list in pages. */
export const pages = {
  link: { pagination: { type: 'link' } },
  cursor: { pagination: { type: 'cursor', next: 'next' }, records: 'items' },
  page: { pagination: { type: 'page' } },
  offset: { pagination: { type: 'offset', pageSize: 2 } },
};

/** Limits of a request, beside those that all sources have. */
export const request = (limits: JsonObject) => ({
  request: { retries: 0, timeout: { seconds: 5 }, ...limits },
});

const inNamespace = (name: string): JsonObject => ({
  headers: { Authorization: `Bearer ${SECRET}` },
  namespaces: [name],
  request: { retries: 0 },
  removals: { minCount: 1 },
  id: 'serviceId',
  entity: {
    kind: 'Component',
    metadata: {
      name: '${{ serviceId }}',
      namespace: name,
      annotations: { 'custom/owner': '${{ team }}' },
    },
    spec: {
      type: 'service',
      lifecycle: 'production',
      owner: 'group:default/${{ team }}',
    },
  },
});

/** A catalog of many sources, whose entities are in a namespace named as the source. */
export async function startSources(options: {
  knex: Knex;
  sources: Record<string, JsonObject & { url: string }>;
}) {
  const { knex, sources } = options;
  const catalog = await startCatalog({
    knex,
    // So many entities keep the catalog busy as it is.
    quick: false,
    customData: {
      sources: Object.fromEntries(
        Object.entries(sources).map(([name, source]) => [
          name,
          { ...inNamespace(name), ...OFTEN, ...source },
        ]),
      ),
    },
    catalog: {
      processingInterval: { hours: 1 },
      stitchingStrategy: { pollingInterval: { seconds: 1 } },
    },
  });
  const get = async (path: string) =>
    (await catalog.api(`GET /sources/${path}`)).body;
  return {
    ...catalog,
    source: (name: string) => get(name),
    /** Codes of the problems of a source, but that the catalog of the test has no groups. */
    problems: async (name: string): Promise<string[]> =>
      (await get(`${name}/problems?limit=500`)).items
        .map(({ code }: { code: string }) => code)
        .filter((code: string) => code !== 'owner-unknown'),
    plan: (name: string) => get(`${name}/plan`),
    /** What the catalog holds of a source. */
    teams: (name: string) => readTeams(catalog.url, name),
  };
}

async function readTeams(url: string, namespace: string): Promise<Teams> {
  const response = await fetch(
    `${url}/entities?filter=metadata.namespace=${namespace}&fields=metadata`,
  );
  const entities = (await response.json()) as any[];
  return Object.fromEntries(
    entities.map(({ metadata }) => [
      metadata.name,
      metadata.annotations['custom/owner'],
    ]),
  );
}
