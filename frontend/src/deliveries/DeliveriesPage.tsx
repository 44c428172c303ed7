import { useApi, useTranslationRef } from '@backstage/frontend-plugin-api';
import { Badge, Container } from '@backstage/ui';
import { customDataApiRef } from '../api/client';
import type { Delivery } from '../api/types';
import { Ago } from '../components/Ago';
import { PagedTable } from '../components/PagedTable';
import { ShownText } from '../components/ShownText';
import { usePage } from '../hooks/usePage';
import { customDataTranslationRef } from '../translation';

const EVERY_MS = 15_000;

export function DeliveriesPage() {
  const api = useApi(customDataApiRef);
  const { t } = useTranslationRef(customDataTranslationRef);
  const page = usePage<Delivery>(
    'deliveries',
    (query, signal) =>
      api.call(c => c.GET('/deliveries', { params: { query }, signal })),
    { every: EVERY_MS },
  );
  return (
    <Container>
      <PagedTable
        page={page}
        rowId={({ id }) => id}
        empty={t('deliveries.empty')}
        columns={[
          [
            t('deliveries.received'),
            ({ receivedAt }) => <Ago time={receivedAt} />,
          ],
          [
            t('deliveries.sender'),
            ({ sender }) => <ShownText value={sender} />,
          ],
          [t('deliveries.state'), ({ state }) => <Badge>{state}</Badge>],
          [t('deliveries.attempts'), ({ attempts }) => attempts],
        ]}
      />
    </Container>
  );
}
