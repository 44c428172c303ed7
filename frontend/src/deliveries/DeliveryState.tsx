import { useTranslationRef } from '@backstage/frontend-plugin-api';
import type { Delivery } from '../api/types';
import { Ago } from '../components/Ago';
import { ShownText } from '../components/ShownText';
import { type Status, StatusText } from '../components/StatusText';
import { customDataTranslationRef } from '../translation';

const STATUSES: Partial<Record<Delivery['state'], Status>> = {
  dead: 'danger',
  failed: 'warning',
  held: 'warning',
  unmatched: 'warning',
};

/** What became of a delivery, why, and what comes next. */
export function DeliveryState(props: {
  delivery: Pick<Delivery, 'state' | 'reason' | 'dueAt'>;
}) {
  const { state, reason, dueAt } = props.delivery;
  const { t } = useTranslationRef(customDataTranslationRef);
  return (
    <>
      <StatusText status={STATUSES[state]}>
        {t(`deliveries.states.${state}`)}
      </StatusText>
      {dueAt && state === 'failed' && (
        <div>
          {t('deliveries.due')} <Ago time={dueAt} />
        </div>
      )}
      {reason && (
        <div>
          <ShownText value={reason} max={500} />
        </div>
      )}
    </>
  );
}
