import { useApi, useTranslationRef } from '@backstage/frontend-plugin-api';
import { Container } from '@backstage/ui';
import { customDataApiRef } from '../api/client';
import type { Integration } from '../api/types';
import { PagedTable } from '../components/PagedTable';
import { ShownText } from '../components/ShownText';
import { usePage } from '../hooks/usePage';
import { customDataTranslationRef } from '../translation';

const EVERY_MS = 60_000;

export function IntegrationsPage() {
  const api = useApi(customDataApiRef);
  const { t } = useTranslationRef(customDataTranslationRef);
  const page = usePage<Integration>(
    'integrations',
    (query, signal) =>
      api.call(c => c.GET('/integrations', { params: { query }, signal })),
    { every: EVERY_MS },
  );
  return (
    <Container>
      <PagedTable
        page={page}
        rowId={({ type, name }) => `${type} ${name}`}
        empty={t('integrations.empty')}
        columns={[
          {
            id: 'name',
            label: t('integrations.name'),
            cell: ({ name }) => <ShownText value={name} />,
          },
          {
            id: 'type',
            label: t('integrations.type'),
            cell: ({ type }) => <ShownText value={type} />,
          },
          {
            id: 'owner',
            label: t('integrations.owner'),
            cell: ({ owner }) => <ShownText value={owner ?? ''} />,
          },
        ]}
      />
    </Container>
  );
}
