import { useApi, useTranslationRef } from '@backstage/frontend-plugin-api';
import { Select, Text, TextField } from '@backstage/ui';
import { useState } from 'react';
import { customDataApiRef } from '../api/client';
import { ConfirmDialog } from '../components/ConfirmDialog';
import { customDataTranslationRef } from '../translation';
import { entityPath } from './entityPath';

interface PinButtonProps {
  entityRef: string;
  reload: () => void;
}

const DAY_MS = 86_400_000;
const PIN = '/entities/by-name/{kind}/{namespace}/{name}/pin';

/** How long, in days; 0 is until somebody takes the pin away. */
const DURATIONS = [1, 7, 30, 0];

export function PinButton({ entityRef, reload }: PinButtonProps) {
  const api = useApi(customDataApiRef);
  const { t } = useTranslationRef(customDataTranslationRef);
  const [reason, setReason] = useState('');
  const [days, setDays] = useState(7);
  const pin = async () => {
    const until = new Date(Date.now() + days * DAY_MS).toISOString();
    const body = { reason: reason.trim(), ...(days > 0 && { until }) };
    const params = { path: entityPath(entityRef) };
    await api.call(c => c.PUT(PIN, { params, body }));
    reload();
  };
  return (
    <ConfirmDialog
      label={t('pin.pin')}
      isReady={reason.trim() !== ''}
      onConfirm={pin}
    >
      <Text>{t('pin.pinMeans')}</Text>
      <TextField
        label={t('pin.reason')}
        isRequired
        value={reason}
        onChange={setReason}
      />
      <Select
        label={t('pin.until')}
        options={DURATIONS.map(n => ({
          value: String(n),
          label: n > 0 ? t('pin.days', { n: String(n) }) : t('pin.forever'),
        }))}
        selectedKey={String(days)}
        onSelectionChange={key => setDays(Number(key))}
      />
    </ConfirmDialog>
  );
}

export function UnpinButton({ entityRef, reload }: PinButtonProps) {
  const api = useApi(customDataApiRef);
  const { t } = useTranslationRef(customDataTranslationRef);
  return (
    <ConfirmDialog
      label={t('pin.unpin')}
      onConfirm={async () => {
        const params = { path: entityPath(entityRef) };
        await api.call(c => c.DELETE(PIN, { params }));
        reload();
      }}
    >
      <Text>{t('pin.unpinMeans')}</Text>
    </ConfirmDialog>
  );
}
