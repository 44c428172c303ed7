import { useApi, useTranslationRef } from '@backstage/frontend-plugin-api';
import { Flex, Link, Text } from '@backstage/ui';
import { customDataApiRef } from '../api/client';
import type { Delivery } from '../api/types';
import { Ago } from '../components/Ago';
import { FilterForm } from '../components/FilterForm';
import { PagedTable } from '../components/PagedTable';
import { ShownText } from '../components/ShownText';
import { useMay } from '../hooks/useMay';
import { usePage } from '../hooks/usePage';
import { useViewState } from '../hooks/useViewState';
import { deliveryReplayPermission } from '../permissions';
import { customDataTranslationRef } from '../translation';
import { DeliveryState } from './DeliveryState';
import { FILTER_KEYS, readFilter, STATES } from './filter';
import { ReplayButton } from './ReplayButton';

const EVERY_MS = 15_000;

export function DeliveryList() {
  const api = useApi(customDataApiRef);
  const { t } = useTranslationRef(customDataTranslationRef);
  const { get, hrefOf } = useViewState();
  const mayReplay = useMay(deliveryReplayPermission);
  const filter = readFilter(get);
  const page = usePage<Delivery>(
    JSON.stringify(filter),
    (query, signal) => {
      const params = { query: { ...filter, ...query } };
      return api.call(c => c.GET('/deliveries', { params, signal }));
    },
    { every: EVERY_MS },
  );
  return (
    <Flex direction="column" gap="4">
      <DeliveryFilterForm />
      {mayReplay && (
        <div>
          <ReplayButton filter={filter} onDone={page.reload} />
        </div>
      )}
      <PagedTable
        page={page}
        rowId={({ id }) => id}
        empty={t('deliveries.empty')}
        columns={[
          [
            t('deliveries.received'),
            ({ id, receivedAt }) => (
              <Link href={hrefOf({ delivery: id })}>
                <Ago time={receivedAt} />
              </Link>
            ),
          ],
          [
            t('deliveries.sender'),
            ({ sender }) => <ShownText value={sender} />,
          ],
          [t('deliveries.event'), ({ event }) => <Event event={event} />, 2],
          [
            t('deliveries.state'),
            delivery => <DeliveryState delivery={delivery} />,
            3,
          ],
          [t('deliveries.attempts'), ({ attempts }) => attempts],
        ]}
      />
    </Flex>
  );
}

function DeliveryFilterForm() {
  const { t } = useTranslationRef(customDataTranslationRef);
  const states = STATES.map(value => ({
    value,
    label: t(`deliveries.states.${value}`),
  }));
  return (
    <FilterForm
      fields={FILTER_KEYS.map(key => ({
        key,
        label: t(`filter.${key}`),
        ...(key === 'state' && { options: states }),
        isTime: key === 'since' || key === 'until',
      }))}
    />
  );
}

/** What a delivery told of: nothing if it was ignored. */
function Event({ event }: { event: Delivery['event'] }) {
  const { t } = useTranslationRef(customDataTranslationRef);
  if (!event) {
    return null;
  }
  const { service, version, environment, target } = event;
  return (
    <>
      <ShownText value={`${service} ${version}`} />
      <div>
        <Text color="secondary">
          {t(`deliveries.events.${event.event}`)}
          {': '}
          <ShownText
            value={target ? `${environment}, ${target}` : environment}
          />
        </Text>
      </div>
    </>
  );
}
