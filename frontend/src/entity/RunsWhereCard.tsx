import { stringifyEntityRef } from '@backstage/catalog-model';
import {
  useApi,
  useRouteRef,
  useTranslationRef,
} from '@backstage/frontend-plugin-api';
import { EntityInfoCard, useEntity } from '@backstage/plugin-catalog-react';
import { Link, Text } from '@backstage/ui';
import { customDataApiRef } from '../api/client';
import type { Deployment } from '../api/types';
import { Ago } from '../components/Ago';
import { PagedTable } from '../components/PagedTable';
import { ShownText } from '../components/ShownText';
import { usePage } from '../hooks/usePage';
import { deploymentsRouteRef } from '../routes';
import { customDataTranslationRef } from '../translation';

const EVERY_MS = 15_000;

/** On an entity's page: its version in each environment. */
export function RunsWhereCard() {
  const { entity } = useEntity();
  const { t } = useTranslationRef(customDataTranslationRef);
  return (
    <EntityInfoCard title={t('card.title')}>
      <Running entityRef={stringifyEntityRef(entity)} />
    </EntityInfoCard>
  );
}

function Running({ entityRef }: { entityRef: string }) {
  const page = useRunning(entityRef);
  const { t } = useTranslationRef(customDataTranslationRef);
  return (
    <PagedTable
      page={page}
      rowId={({ deliveryId }) => deliveryId}
      empty={t('card.empty')}
      columns={[
        [
          t('deployments.environment'),
          ({ environment, target }) => (
            <>
              <ShownText value={environment} />
              {target && (
                <Text as="p" variant="body-small">
                  <ShownText value={target} />
                </Text>
              )}
            </>
          ),
        ],
        [
          t('deployments.version'),
          ({ version, status }) => (
            <>
              <ShownText value={version} max={100} />
              {status === 'rollback' && (
                <Text as="p" variant="body-small">
                  {t('deployments.rolledBack')}
                </Text>
              )}
            </>
          ),
        ],
        [
          t('card.since'),
          ({ deployedAt }) => deployedAt && <Ago time={deployedAt} />,
        ],
        [t('deployments.sender'), ({ sender }) => <ShownText value={sender} />],
        [
          t('deployments.link'),
          deployment => <HistoryLink deployment={deployment} />,
        ],
      ]}
    />
  );
}

/** What counts for the entity: other rows of the API are older reports of the same. */
function useRunning(entity: string) {
  const api = useApi(customDataApiRef);
  return usePage<Deployment>(
    entity,
    async (query, signal) => {
      const params = { query: { ...query, entity } };
      const { items, pageInfo } = await api.call(c =>
        c.GET('/deployments', { params, signal }),
      );
      return { items: items.filter(({ current }) => current), pageInfo };
    },
    { every: EVERY_MS },
  );
}

/** To what happened in the environment, with the links that senders gave. */
function HistoryLink({ deployment }: { deployment: Deployment }) {
  const { entityRef, environment, target } = deployment;
  const deployments = useRouteRef(deploymentsRouteRef);
  const { t } = useTranslationRef(customDataTranslationRef);
  const query = new URLSearchParams({
    entity: entityRef,
    of: environment,
    ...(target && { target }),
  });
  return deployments ? (
    <Link href={`${deployments()}?${query}`}>{t('deployments.history')}</Link>
  ) : null;
}
