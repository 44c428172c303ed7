import type { Deployment } from '../api/types';

/** What runs of a service, by environment. */
export interface MatrixRow {
  entityRef: string;
  service: string;
  /** Of each environment what runs in it: one for each of its targets. */
  cells: Map<string, Deployment[]>;
}

/** The rows of deployments that are current, in their order. */
export function toRows(deployments: Deployment[]): MatrixRow[] {
  const rows = new Map<string, MatrixRow>();
  for (const deployment of deployments) {
    const { entityRef, service, environment, current } = deployment;
    if (current) {
      const row = rows.get(entityRef) ?? {
        entityRef,
        service,
        cells: new Map(),
      };
      rows.set(entityRef, row);
      const cell = row.cells.get(environment) ?? [];
      row.cells.set(environment, [...cell, deployment]);
    }
  }
  return [...rows.values()];
}

/** The columns that rows have something in. */
export function environmentsOf(rows: MatrixRow[]): string[] {
  const names = new Set(rows.flatMap(({ cells }) => [...cells.keys()]));
  return [...names].sort((a, b) => a.localeCompare(b));
}

/**
 * Deployments with all that there is about their first or last entity in place
 * of what a page, which ends after any row, has of it.
 */
export async function completeEnds(options: {
  deployments: Deployment[];
  isFirst: boolean;
  isLast: boolean;
  readEntity: (entityRef: string) => Promise<Deployment[]>;
}): Promise<Deployment[]> {
  const { deployments, isFirst, isLast, readEntity } = options;
  const refs = deployments.map(({ entityRef }) => entityRef);
  const cut = new Set([
    ...(isFirst ? [] : refs.slice(0, 1)),
    ...(isLast ? [] : refs.slice(-1)),
  ]);
  const whole = new Map<string, Deployment[]>();
  await Promise.all(
    [...cut].map(async entityRef =>
      whole.set(entityRef, await readEntity(entityRef)),
    ),
  );
  return deployments.flatMap(deployment => {
    const rows = whole.get(deployment.entityRef);
    if (!rows) {
      return [deployment];
    }
    // Once, in place of the first that the page has.
    whole.set(deployment.entityRef, []);
    return rows;
  });
}
