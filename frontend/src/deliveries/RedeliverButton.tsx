import { useApi, useTranslationRef } from '@backstage/frontend-plugin-api';
import { Text } from '@backstage/ui';
import { customDataApiRef } from '../api/client';
import { ConfirmDialog } from '../components/ConfirmDialog';
import { customDataTranslationRef } from '../translation';

export function RedeliverButton(props: { id: string; onDone: () => void }) {
  const { id, onDone } = props;
  const api = useApi(customDataApiRef);
  const { t } = useTranslationRef(customDataTranslationRef);
  return (
    <ConfirmDialog
      label={t('redeliver.title')}
      onConfirm={async () => {
        const params = { path: { id } };
        await api.call(c => c.POST('/deliveries/{id}/redeliver', { params }));
        onDone();
      }}
    >
      <Text>{t('redeliver.means')}</Text>
    </ConfirmDialog>
  );
}
