import { useApi, useTranslationRef } from '@backstage/frontend-plugin-api';
import { Flex, Link } from '@backstage/ui';
import { customDataApiRef } from '../api/client';
import type { Item } from '../api/types';
import { EntityLink } from '../components/EntityLink';
import { FieldChanges } from '../components/FieldChanges';
import { PagedTable } from '../components/PagedTable';
import { useMay } from '../hooks/useMay';
import { usePage } from '../hooks/usePage';
import { useViewState } from '../hooks/useViewState';
import { runUndoPermission } from '../permissions';
import { customDataTranslationRef } from '../translation';
import { UndoButton } from './UndoButton';

type Change = Item<'/sources/{source}/runs/{run}/changes'>;

/** What a run changed, and the way to take it back. */
export function RunView({ source, run }: { source: string; run: string }) {
  const api = useApi(customDataApiRef);
  const { t } = useTranslationRef(customDataTranslationRef);
  const { hrefOf } = useViewState();
  const mayUndo = useMay(runUndoPermission);
  const page = usePage<Change>(`${source} ${run}`, (query, signal) => {
    const params = { path: { source, run }, query };
    return api.call(c =>
      c.GET('/sources/{source}/runs/{run}/changes', { params, signal }),
    );
  });
  const hasChanges = Boolean(page.value?.totalItems);
  return (
    <Flex direction="column" gap="4">
      <Flex justify="between">
        <Link href={hrefOf({ run: undefined })}>{t('runs.back')}</Link>
        {mayUndo && hasChanges && <UndoButton source={source} run={run} />}
      </Flex>
      <PagedTable
        page={page}
        rowId={({ entityRef }) => entityRef}
        empty={t('runs.noChanges')}
        columns={[
          [
            t('shared.entity'),
            ({ entityRef }) => <EntityLink entityRef={entityRef} />,
          ],
          [t('shared.action'), ({ action }) => t(`shared.actions.${action}`)],
          [
            t('shared.fields'),
            ({ fields }) => <FieldChanges fields={fields} />,
          ],
        ]}
      />
    </Flex>
  );
}
