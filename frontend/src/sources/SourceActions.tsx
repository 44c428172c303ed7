import { useApi, useTranslationRef } from '@backstage/frontend-plugin-api';
import { Button, Flex } from '@backstage/ui';
import { customDataApiRef } from '../api/client';
import type { Source } from '../api/types';
import { ConfirmDialog, useAction } from '../components/ConfirmDialog';
import { ErrorNotice } from '../components/LoadState';
import { useMay } from '../hooks/useMay';
import { sourceSyncPermission } from '../permissions';
import { customDataTranslationRef } from '../translation';

/** To sync, pause and resume. There is nothing to do for a source without a configuration. */
export function SourceActions(props: { source: Source; reload: () => void }) {
  const { source, reload } = props;
  const { state } = source;
  const maySync = useMay(sourceSyncPermission);
  if (!maySync || state === 'misconfigured' || state === 'unconfigured') {
    return null;
  }
  const isPaused = state === 'paused';
  return (
    <Flex gap="2" align="start">
      {!isPaused && source.poll && <Sync source={source} reload={reload} />}
      <Switch
        source={source.name}
        action={isPaused ? 'resume' : 'pause'}
        reload={reload}
      />
    </Flex>
  );
}

function Sync({ source, reload }: { source: Source; reload: () => void }) {
  const api = useApi(customDataApiRef);
  const { t } = useTranslationRef(customDataTranslationRef);
  const params = { path: { source: source.name } };
  const sync = async (force: boolean) => {
    const body = force ? { force } : {};
    await api.call(c => c.POST('/sources/{source}/sync', { params, body }));
    reload();
  };
  const action = useAction(() => sync(false));
  if (source.state === 'backing-off') {
    return (
      <ConfirmDialog label={t('sources.sync')} onConfirm={() => sync(true)}>
        {t('sources.syncForced')}
      </ConfirmDialog>
    );
  }
  return (
    <Flex direction="column" gap="2">
      <Button
        variant="secondary"
        isPending={action.isRunning}
        isDisabled={source.state === 'running'}
        onPress={action.run}
      >
        {t('sources.sync')}
      </Button>
      {action.error && <ErrorNotice error={action.error} />}
    </Flex>
  );
}

/** To pause, or to resume. */
function Switch(props: {
  source: string;
  action: 'pause' | 'resume';
  reload: () => void;
}) {
  const { source, action, reload } = props;
  const api = useApi(customDataApiRef);
  const { t } = useTranslationRef(customDataTranslationRef);
  const path = `/sources/{source}/${action}` as const;
  return (
    <ConfirmDialog
      label={t(`sources.${action}`)}
      onConfirm={async () => {
        await api.call(c => c.POST(path, { params: { path: { source } } }));
        reload();
      }}
    >
      {t(`sources.${action}Means`)}
    </ConfirmDialog>
  );
}
