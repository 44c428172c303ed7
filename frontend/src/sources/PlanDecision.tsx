import { useApi, useTranslationRef } from '@backstage/frontend-plugin-api';
import { Flex } from '@backstage/ui';
import { customDataApiRef } from '../api/client';
import { ConfirmDialog } from '../components/ConfirmDialog';
import { useMay } from '../hooks/useMay';
import { planDecidePermission } from '../permissions';
import { customDataTranslationRef } from '../translation';
import type { ShownPlan } from './PlanView';

/** To approve and to reject. A decision can be changed until it is carried out. */
export function PlanDecision(props: {
  source: string;
  plan: ShownPlan;
  reload: () => void;
}) {
  const { source, plan, reload } = props;
  const api = useApi(customDataApiRef);
  const { t } = useTranslationRef(customDataTranslationRef);
  const mayDecide = useMay(planDecidePermission);
  const { state, hash, kind, count } = plan;
  if (!mayDecide || !['pending', 'approved', 'rejected'].includes(state)) {
    return null;
  }
  const params = { path: { source, hash } };
  return (
    <Flex gap="2">
      {state !== 'approved' && (
        <ConfirmDialog
          label={t('plans.approve')}
          variant="primary"
          onConfirm={async () => {
            await api.call(c =>
              c.POST('/sources/{source}/plan/{hash}/approve', { params }),
            );
            reload();
          }}
        >
          {kind === 'held'
            ? t('plans.approveHeld', { count })
            : t('plans.approveOther', { count })}
        </ConfirmDialog>
      )}
      {state !== 'rejected' && (
        <ConfirmDialog
          label={t('plans.reject')}
          onConfirm={async () => {
            await api.call(c =>
              c.POST('/sources/{source}/plan/{hash}/reject', { params }),
            );
            reload();
          }}
        >
          {t('plans.rejectMeans', { count })}
        </ConfirmDialog>
      )}
    </Flex>
  );
}
