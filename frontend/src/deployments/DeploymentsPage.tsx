import { useApi, useTranslationRef } from '@backstage/frontend-plugin-api';
import { Container } from '@backstage/ui';
import { customDataApiRef } from '../api/client';
import type { Deployment } from '../api/types';
import { PagedTable } from '../components/PagedTable';
import { ShownText } from '../components/ShownText';
import { usePage } from '../hooks/usePage';
import { customDataTranslationRef } from '../translation';

const EVERY_MS = 15_000;

export function DeploymentsPage() {
  const api = useApi(customDataApiRef);
  const { t } = useTranslationRef(customDataTranslationRef);
  const page = usePage<Deployment>(
    'deployments',
    (query, signal) =>
      api.call(c => c.GET('/deployments', { params: { query }, signal })),
    { every: EVERY_MS },
  );
  return (
    <Container>
      <PagedTable
        page={page}
        empty={t('deployments.empty')}
        columns={[
          [
            t('deployments.service'),
            ({ service }) => <ShownText value={service} />,
          ],
          [
            t('deployments.environment'),
            ({ environment }) => <ShownText value={environment} />,
          ],
          [
            t('deployments.version'),
            ({ version }) => <ShownText value={version} />,
          ],
        ]}
      />
    </Container>
  );
}
