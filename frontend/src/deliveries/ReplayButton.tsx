import { useApi, useTranslationRef } from '@backstage/frontend-plugin-api';
import { Text } from '@backstage/ui';
import { useEffect, useState } from 'react';
import { customDataApiRef } from '../api/client';
import { ConfirmDialog } from '../components/ConfirmDialog';
import { LoadState } from '../components/LoadState';
import { useLoad } from '../hooks/useLoad';
import { customDataTranslationRef } from '../translation';
import type { DeliveryFilter } from './filter';
import { type DryRun, ReplayChanges } from './ReplayChanges';

/** Replays what the list shows. The dialog shows what its dry run says. */
export function ReplayButton(props: {
  filter: DeliveryFilter;
  onDone: () => void;
}) {
  const api = useApi(customDataApiRef);
  const { t } = useTranslationRef(customDataTranslationRef);
  const [prepared, setPrepared] = useState<Prepared>();
  return (
    <ConfirmDialog
      label={t('replay.title')}
      isReady={prepared !== undefined}
      onConfirm={async () => {
        const body = { ...prepared!, dryRun: false as const };
        await api.call(c => c.POST('/deliveries/replay', { body }));
        props.onDone();
      }}
    >
      <ReplayDryRun filter={props.filter} onReady={setPrepared} />
    </ConfirmDialog>
  );
}

/** A replay with the hash of its dry run. */
interface Prepared {
  filter: DeliveryFilter;
  hash: string;
}

function ReplayDryRun(props: {
  filter: DeliveryFilter;
  onReady: (prepared: Prepared | undefined) => void;
}) {
  const { onReady } = props;
  const api = useApi(customDataApiRef);
  const { t } = useTranslationRef(customDataTranslationRef);
  // Without an end, each delivery that comes would change the selection.
  const [until] = useState(() => new Date().toISOString());
  const filter = { until, ...props.filter };
  const loaded = useLoad(JSON.stringify(filter), async signal => {
    const dryRun = (await api.call(c =>
      c.POST('/deliveries/replay', { body: { filter, dryRun: true }, signal }),
    )) as DryRun;
    if (dryRun.count > 0) {
      onReady({ filter, hash: dryRun.hash });
    }
    return dryRun;
  });
  useEffect(() => () => onReady(undefined), [onReady]);
  return (
    <LoadState loaded={loaded}>
      {dryRun =>
        dryRun.count === 0 ? (
          <Text>{t('replay.nothing')}</Text>
        ) : (
          <ReplayChanges dryRun={dryRun} />
        )
      }
    </LoadState>
  );
}
