import { useApi, useTranslationRef } from '@backstage/frontend-plugin-api';
import { Flex, Link, Text } from '@backstage/ui';
import { type ReactNode, useState } from 'react';
import { customDataApiRef } from '../api/client';
import type { Answer } from '../api/types';
import { Ago } from '../components/Ago';
import { Facts } from '../components/Facts';
import { LoadState } from '../components/LoadState';
import { ShownBlock, ShownText, WebLink } from '../components/ShownText';
import { useLoad } from '../hooks/useLoad';
import { useMay } from '../hooks/useMay';
import { useViewState } from '../hooks/useViewState';
import { deliveryReplayPermission } from '../permissions';
import { customDataTranslationRef } from '../translation';
import { Attempts } from './Attempts';
import { DeliveryState } from './DeliveryState';
import { RedeliverButton } from './RedeliverButton';

type WholeDelivery = Answer<'/deliveries/{id}'>;

/** Each reading is audited, so it is read again only until it is processed. */
const PENDING_MS = 10_000;

/** One delivery, with what was sent. */
export function DeliveryView({ id }: { id: string }) {
  const api = useApi(customDataApiRef);
  const { t } = useTranslationRef(customDataTranslationRef);
  const { hrefOf } = useViewState();
  const mayRedeliver = useMay(deliveryReplayPermission);
  const [isPending, setPending] = useState(false);
  const loaded = useLoad<WholeDelivery>(
    id,
    async signal => {
      const params = { path: { id } };
      const delivery = await api.call(c =>
        c.GET('/deliveries/{id}', { params, signal }),
      );
      setPending(delivery.state === 'pending');
      return delivery;
    },
    { every: isPending ? PENDING_MS : undefined },
  );
  return (
    <Flex direction="column" gap="4">
      <Link href={hrefOf({ delivery: undefined })}>{t('shared.back')}</Link>
      <LoadState loaded={loaded}>
        {delivery => (
          <>
            <Flex justify="between" align="start">
              <About delivery={delivery} />
              {mayRedeliver && delivery.state !== 'ignored' && (
                <RedeliverButton id={id} onDone={loaded.reload} />
              )}
            </Flex>
            <Part title={t('deliveries.attempts')}>
              <Attempts attempts={delivery.attemptList} />
            </Part>
            <Part title={t('deliveries.headers')}>
              <Facts
                facts={Object.entries(delivery.headers).map(([name, value]) => [
                  name,
                  <ShownText value={value} />,
                ])}
              />
            </Part>
            <Part title={t('deliveries.payload')}>
              {delivery.payload ? (
                <ShownBlock value={delivery.payload} />
              ) : (
                <Text>{t('deliveries.noPayload')}</Text>
              )}
            </Part>
          </>
        )}
      </LoadState>
    </Flex>
  );
}

function Part(props: { title: string; children: ReactNode }) {
  return (
    <section>
      <Text as="h3" variant="title-x-small">
        {props.title}
      </Text>
      {props.children}
    </section>
  );
}

function About({ delivery }: { delivery: WholeDelivery }) {
  const { t } = useTranslationRef(customDataTranslationRef);
  const { event, receivedAt, settledAt } = delivery;
  const shown = (value?: string) => value && <ShownText value={value} />;
  return (
    <Facts
      facts={[
        [t('deliveries.state'), <DeliveryState delivery={delivery} />],
        [t('deliveries.received'), <Ago time={receivedAt} />],
        [t('deliveries.settled'), settledAt && <Ago time={settledAt} />],
        [t('deliveries.sender'), shown(delivery.sender)],
        [t('deliveries.event'), event && t(`deliveries.events.${event.event}`)],
        [t('deliveries.service'), shown(event?.service)],
        [t('deliveries.version'), shown(event?.version)],
        [t('deliveries.environment'), shown(event?.environment)],
        [t('deliveries.target'), shown(event?.target)],
        [t('deliveries.link'), event?.url && <WebLink url={event.url} />],
        [t('deliveries.secret'), shown(delivery.secretId)],
        [t('deliveries.externalId'), shown(delivery.externalId)],
        [t('deliveries.id'), shown(delivery.id)],
        [t('deliveries.digest'), shown(delivery.digest)],
      ]}
    />
  );
}
