import { useApi } from '@backstage/frontend-plugin-api';
import { customDataApiRef } from '../api/client';
import { type LoadedPage, usePage } from '../hooks/usePage';
import { completeEnds, type MatrixRow, toRows } from './matrix';

export interface MatrixFilter {
  service?: string;
  environment?: string;
  sender?: string;
}

const EVERY_MS = 15_000;

/** How many deployments a page is made of: some 20 services in 5 environments. */
const LIMIT = 100;

/**
 * A page of the matrix. A service at the end of a page is shown in full, and
 * once more on the next page if that has some of its deployments.
 */
export function useMatrix(filter: MatrixFilter): LoadedPage<MatrixRow> {
  const api = useApi(customDataApiRef);
  return usePage<MatrixRow>(
    JSON.stringify(filter),
    async ({ cursor }, signal) => {
      const read = (query: { entity?: string; cursor?: string }) => {
        const params = { query: { ...filter, ...query, limit: LIMIT } };
        return api.call(c => c.GET('/deployments', { params, signal }));
      };
      const { items, pageInfo } = await read({ cursor });
      const deployments = await completeEnds({
        deployments: items,
        isFirst: cursor === undefined,
        isLast: pageInfo.nextCursor === undefined,
        readEntity: async entity => (await read({ entity })).items,
      });
      return { items: toRows(deployments), pageInfo };
    },
    { every: EVERY_MS },
  );
}
