import { useApi, useTranslationRef } from '@backstage/frontend-plugin-api';
import { Badge, Container } from '@backstage/ui';
import { customDataApiRef } from '../api/client';
import type { Source } from '../api/types';
import { Ago } from '../components/Ago';
import { PagedTable } from '../components/PagedTable';
import { ShownText } from '../components/ShownText';
import { usePage } from '../hooks/usePage';
import { customDataTranslationRef } from '../translation';

const EVERY_MS = 15_000;

export function SourcesPage() {
  const api = useApi(customDataApiRef);
  const { t } = useTranslationRef(customDataTranslationRef);
  const page = usePage<Source>(
    'sources',
    (query, signal) =>
      api.call(c => c.GET('/sources', { params: { query }, signal })),
    { every: EVERY_MS },
  );
  return (
    <Container>
      <PagedTable
        page={page}
        rowId={({ name }) => name}
        empty={t('sources.empty')}
        columns={[
          {
            id: 'name',
            label: t('sources.name'),
            cell: ({ name }) => <ShownText value={name} />,
          },
          {
            id: 'state',
            label: t('sources.state'),
            cell: ({ state }) => <Badge>{state}</Badge>,
          },
          {
            id: 'success',
            label: t('sources.lastSuccess'),
            cell: ({ lastSuccess }) =>
              lastSuccess ? (
                <Ago time={lastSuccess.startedAt} />
              ) : (
                t('shared.never')
              ),
          },
          {
            id: 'entities',
            label: t('sources.entities'),
            cell: ({ entities }) => entities,
          },
        ]}
      />
    </Container>
  );
}
