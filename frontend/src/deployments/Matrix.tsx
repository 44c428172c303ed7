import { useTranslationRef } from '@backstage/frontend-plugin-api';
import { Flex, Link, Text } from '@backstage/ui';
import type { Deployment } from '../api/types';
import { Ago } from '../components/Ago';
import { EntityLink } from '../components/EntityLink';
import { FilterForm } from '../components/FilterForm';
import { PagedTable, type TableColumn } from '../components/PagedTable';
import { ShownText } from '../components/ShownText';
import { showText } from '../components/showText';
import { useViewState } from '../hooks/useViewState';
import { customDataTranslationRef } from '../translation';
import { environmentsOf, type MatrixRow } from './matrix';
import { useMatrix } from './useMatrix';

const FILTER_KEYS = ['service', 'environment', 'sender'] as const;

/** Services by environment, with the version that runs there and since when. */
export function Matrix() {
  const { t } = useTranslationRef(customDataTranslationRef);
  const { get } = useViewState();
  const page = useMatrix({
    service: get('service'),
    environment: get('environment'),
    sender: get('sender'),
  });
  const environments = environmentsOf(page.value?.items ?? []);
  return (
    <Flex direction="column" gap="4">
      <FilterForm
        fields={FILTER_KEYS.map(key => ({ key, label: t(`filter.${key}`) }))}
      />
      <PagedTable
        page={page}
        rowId={({ entityRef }) => entityRef}
        empty={t('deployments.empty')}
        columns={[
          [
            t('deployments.service'),
            ({ entityRef }) => <EntityLink entityRef={entityRef} />,
            2,
          ],
          ...environments.map(
            (environment): TableColumn<MatrixRow> => [
              showText(environment),
              ({ cells }) => <Running of={cells.get(environment) ?? []} />,
            ],
          ),
        ]}
      />
    </Flex>
  );
}

/** What runs in an environment, in each of its targets. */
function Running({ of }: { of: Deployment[] }) {
  return (
    <>
      {of.map(deployment => (
        <Version key={deployment.deliveryId} deployment={deployment} />
      ))}
    </>
  );
}

function Version({ deployment }: { deployment: Deployment }) {
  const { entityRef, environment, target, version, status, deployedAt } =
    deployment;
  const { t } = useTranslationRef(customDataTranslationRef);
  const { hrefOf } = useViewState();
  return (
    <div>
      {target && (
        <Text color="secondary">
          <ShownText value={target} />
          {': '}
        </Text>
      )}
      <Link href={hrefOf({ entity: entityRef, of: environment, target })}>
        <ShownText value={version} max={40} />
      </Link>
      <div>
        <Text color="secondary" variant="body-small">
          {deployedAt && <Ago time={deployedAt} />}
          {status === 'rollback' && `, ${t('deployments.rolledBack')}`}
        </Text>
      </div>
    </div>
  );
}
