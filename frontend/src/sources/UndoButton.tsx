import { useApi, useTranslationRef } from '@backstage/frontend-plugin-api';
import { Text } from '@backstage/ui';
import { customDataApiRef } from '../api/client';
import { ConfirmDialog } from '../components/ConfirmDialog';
import { LoadState } from '../components/LoadState';
import { ShownText } from '../components/ShownText';
import { useLoad } from '../hooks/useLoad';
import { useViewState } from '../hooks/useViewState';
import { customDataTranslationRef } from '../translation';

interface UndoProps {
  source: string;
  run: string;
}

/** Makes the plan that takes a run back. The dialog shows what its dry run says. */
export function UndoButton({ source, run }: UndoProps) {
  const { t } = useTranslationRef(customDataTranslationRef);
  const { go } = useViewState();
  const undo = useUndo({ source, run });
  return (
    <ConfirmDialog
      label={t('undo.title')}
      onConfirm={async () => {
        const { plan } = await undo(false);
        go({ tab: 'plans', run: undefined, plan: plan.hash });
      }}
    >
      <UndoDryRun source={source} run={run} />
    </ConfirmDialog>
  );
}

function useUndo({ source, run }: UndoProps) {
  const api = useApi(customDataApiRef);
  const params = { path: { source, run } };
  return (dryRun: boolean, signal?: AbortSignal) =>
    api.call(c =>
      c.POST('/sources/{source}/runs/{run}/undo', {
        params,
        body: { dryRun, limit: 10 },
        signal,
      }),
    );
}

function UndoDryRun(props: UndoProps) {
  const { t } = useTranslationRef(customDataTranslationRef);
  const undo = useUndo(props);
  const loaded = useLoad(props.run, signal => undo(true, signal));
  return (
    <LoadState loaded={loaded}>
      {({ changes, left }) => (
        <>
          <Text>{t('undo.means', { n: String(changes.totalItems) })}</Text>
          <ul>
            {changes.items.map(({ entityRef, action }) => (
              <li key={entityRef}>
                <ShownText value={entityRef} />
                {`: ${t(`shared.actions.${action}`)}`}
              </li>
            ))}
          </ul>
          {left.totalItems > 0 && (
            <Text>{t('undo.left', { n: String(left.totalItems) })}</Text>
          )}
          <ul>
            {left.items.map(({ entityRef, reason }) => (
              <li key={entityRef}>
                <ShownText value={`${entityRef}: ${reason}`} />
              </li>
            ))}
          </ul>
        </>
      )}
    </LoadState>
  );
}
