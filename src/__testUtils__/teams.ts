import type { JsonObject } from '@backstage/types';

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

/** The source of a list of services, whose entities are in a namespace named as the source. */
export const inNamespace = (name: string): JsonObject => ({
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
