import { useApi } from '@backstage/frontend-plugin-api';
import { customDataApiRef } from '../api/client';
import type { Problem } from '../api/types';
import { ProblemTable } from '../components/ProblemTable';
import { usePage } from '../hooks/usePage';

const EVERY_MS = 15_000;

/** The present problems of a source. */
export function Problems({ source }: { source: string }) {
  const api = useApi(customDataApiRef);
  const page = usePage<Problem>(
    source,
    (query, signal) => {
      const params = { path: { source }, query };
      return api.call(c =>
        c.GET('/sources/{source}/problems', { params, signal }),
      );
    },
    { every: EVERY_MS },
  );
  return <ProblemTable page={page} />;
}
