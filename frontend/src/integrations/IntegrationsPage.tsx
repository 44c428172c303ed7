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
          [t('integrations.name'), ({ name }) => <ShownText value={name} />],
          [t('integrations.type'), ({ type }) => <ShownText value={type} />],
          [
            t('integrations.owner'),
            ({ owner }) => <ShownText value={owner ?? ''} />,
          ],
        ]}
      />
    </Container>
  );
}
