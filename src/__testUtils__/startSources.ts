import type { JsonObject } from '@backstage/types';
import type { Knex } from 'knex';
import { SOON, startCatalog } from './startCatalog';
import { inNamespace, type Teams } from './teams';

/** Not each second, since these are many, and each run costs some twenty statements. */
const OFTEN = {
  ...SOON,
  schedule: { ...SOON.schedule, frequency: { seconds: 8 } },
  backoff: { initial: { seconds: 1 }, max: { seconds: 8 } },
  reconcile: { initialDelay: { hours: 1 } },
};

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
