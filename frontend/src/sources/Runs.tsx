import { useApi, useTranslationRef } from '@backstage/frontend-plugin-api';
import { Link, Text } from '@backstage/ui';
import { customDataApiRef } from '../api/client';
import type { Run } from '../api/types';
import { Ago } from '../components/Ago';
import { PagedTable } from '../components/PagedTable';
import { ShownText } from '../components/ShownText';
import { usePage } from '../hooks/usePage';
import { useViewState } from '../hooks/useViewState';
import { customDataTranslationRef } from '../translation';
import { RunView } from './RunView';

const EVERY_MS = 10_000;
const COUNTS = ['added', 'changed', 'removed', 'held', 'invalid'] as const;

/** The runs of a source, or what the one did that the URL names. */
export function Runs({ source }: { source: string }) {
  const run = useViewState().get('run');
  return run === undefined ? (
    <RunList source={source} />
  ) : (
    <RunView source={source} run={run} />
  );
}

function RunList({ source }: { source: string }) {
  const api = useApi(customDataApiRef);
  const { t } = useTranslationRef(customDataTranslationRef);
  const { hrefOf } = useViewState();
  const page = usePage<Run>(
    source,
    (query, signal) => {
      const params = { path: { source }, query };
      return api.call(c => c.GET('/sources/{source}/runs', { params, signal }));
    },
    { every: EVERY_MS },
  );
  return (
    <PagedTable
      page={page}
      rowId={({ id }) => id}
      empty={t('runs.empty')}
      columns={[
        [
          t('runs.started'),
          ({ id, startedAt }) => (
            <Link href={hrefOf({ run: id })}>
              <Ago time={startedAt} />
            </Link>
          ),
        ],
        [t('runs.kind'), ({ kind }) => <ShownText value={kind} />],
        [
          t('runs.outcome'),
          ({ outcome }) => (
            <Text weight={outcome === 'failed' ? 'bold' : 'regular'}>
              {t(`runs.outcomes.${outcome}`)}
            </Text>
          ),
        ],
        [
          t('runs.changes'),
          ({ counts }) =>
            COUNTS.filter(key => counts?.[key]).map(key => (
              <div key={key}>
                {t(`runs.counts.${key}`, { n: String(counts?.[key]) })}
              </div>
            )),
        ],
        [
          t('runs.why'),
          ({ error, held }) => (
            <ShownText value={error ?? held ?? ''} max={500} />
          ),
          3,
        ],
      ]}
    />
  );
}
