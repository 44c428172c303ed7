import {
  useApi,
  useRouteRef,
  useTranslationRef,
} from '@backstage/frontend-plugin-api';
import { Flex, Link, Text } from '@backstage/ui';
import { customDataApiRef } from '../api/client';
import type { Deployment } from '../api/types';
import { Ago } from '../components/Ago';
import { EntityLink } from '../components/EntityLink';
import { PagedTable } from '../components/PagedTable';
import { ShownText, WebLink } from '../components/ShownText';
import { StatusText } from '../components/StatusText';
import { usePage } from '../hooks/usePage';
import { useViewState } from '../hooks/useViewState';
import { deliveriesRouteRef } from '../routes';
import { customDataTranslationRef } from '../translation';

const EVERY_MS = 15_000;

/** What happened to an entity in an environment, the latest first. */
export function History(props: {
  entity: string;
  environment: string;
  /** All targets if none is given. */
  target?: string;
}) {
  const { entity, environment, target } = props;
  const api = useApi(customDataApiRef);
  const { t } = useTranslationRef(customDataTranslationRef);
  const { hrefOf } = useViewState();
  const page = usePage<Deployment>(
    JSON.stringify(props),
    (query, signal) => {
      const params = {
        query: {
          ...query,
          entity,
          environment,
          target,
          history: 'true' as const,
        },
      };
      return api.call(c => c.GET('/deployments', { params, signal }));
    },
    { every: EVERY_MS },
  );
  return (
    <Flex direction="column" gap="4">
      <Link
        href={hrefOf({ entity: undefined, of: undefined, target: undefined })}
      >
        {t('deployments.backToMatrix')}
      </Link>
      <Text as="h2" variant="body-medium" weight="bold">
        <EntityLink entityRef={entity} />
        {': '}
        <ShownText value={target ? `${environment}, ${target}` : environment} />
      </Text>
      <HistoryTable page={page} />
    </Flex>
  );
}

function HistoryTable({
  page,
}: {
  page: ReturnType<typeof usePage<Deployment>>;
}) {
  const { t } = useTranslationRef(customDataTranslationRef);
  return (
    <PagedTable
      page={page}
      rowId={({ deliveryId }) => deliveryId}
      empty={t('deployments.empty')}
      columns={[
        [
          t('deployments.version'),
          ({ version }) => <ShownText value={version} />,
        ],
        [
          t('deployments.status'),
          ({ status }) => (
            <StatusText status={status === 'failure' ? 'danger' : undefined}>
              {t(`deployments.statuses.${status}`)}
            </StatusText>
          ),
        ],
        [
          t('deployments.when'),
          ({ eventAt }) => eventAt && <Ago time={eventAt} />,
        ],
        [
          t('deployments.target'),
          ({ target }) => <ShownText value={target ?? ''} />,
        ],
        [t('deployments.sender'), ({ sender }) => <ShownText value={sender} />],
        [
          t('deployments.commit'),
          ({ commit }) => <ShownText value={commit ?? ''} max={12} />,
        ],
        [t('deployments.link'), ({ url }) => url && <WebLink url={url} />, 2],
        [
          t('deployments.delivery'),
          ({ deliveryId }) => <DeliveryLink id={deliveryId} />,
        ],
      ]}
    />
  );
}

function DeliveryLink({ id }: { id: string }) {
  const deliveries = useRouteRef(deliveriesRouteRef);
  const text = <ShownText value={id} max={8} />;
  return deliveries ? (
    <Link href={`${deliveries()}?${new URLSearchParams({ delivery: id })}`}>
      {text}
    </Link>
  ) : (
    text
  );
}
