import { useApi, useTranslationRef } from '@backstage/frontend-plugin-api';
import { Link } from '@backstage/ui';
import { customDataApiRef } from '../api/client';
import type { Source } from '../api/types';
import { Ago } from '../components/Ago';
import { PagedTable } from '../components/PagedTable';
import { ShownText } from '../components/ShownText';
import { usePage } from '../hooks/usePage';
import { useViewState } from '../hooks/useViewState';
import { customDataTranslationRef } from '../translation';
import { SourceState } from './SourceState';

const EVERY_MS = 15_000;

export function SourceList() {
  const api = useApi(customDataApiRef);
  const { t } = useTranslationRef(customDataTranslationRef);
  const { hrefOf } = useViewState();
  const page = usePage<Source>(
    'sources',
    (query, signal) =>
      api.call(c => c.GET('/sources', { params: { query }, signal })),
    { every: EVERY_MS },
  );
  return (
    <PagedTable
      page={page}
      rowId={({ name }) => name}
      empty={t('sources.empty')}
      columns={[
        [
          t('sources.name'),
          ({ name, title }) => (
            <Link href={hrefOf({ source: name })}>
              <ShownText value={title ?? name} />
            </Link>
          ),
        ],
        [t('sources.state'), source => <SourceState source={source} />],
        [
          t('sources.attention'),
          ({ attention }) =>
            attention.map(({ code, message }) => (
              <div key={code} title={message}>
                <ShownText value={code} />
              </div>
            )),
        ],
        [
          t('sources.lastSuccess'),
          ({ lastSuccess }) =>
            lastSuccess ? (
              <Ago time={lastSuccess.endedAt ?? lastSuccess.startedAt} />
            ) : (
              t('shared.never')
            ),
        ],
        [t('sources.entities'), ({ entities }) => entities],
        [
          t('sources.problems'),
          ({ problems: { errors, warnings } }) =>
            t('sources.problemCounts', {
              errors: String(errors),
              warnings: String(warnings),
            }),
        ],
      ]}
    />
  );
}
