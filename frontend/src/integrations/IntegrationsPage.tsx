import {
  useApi,
  useRouteRef,
  useTranslationRef,
} from '@backstage/frontend-plugin-api';
import { Container, Link, Text } from '@backstage/ui';
import { customDataApiRef } from '../api/client';
import type { Integration } from '../api/types';
import { Ago } from '../components/Ago';
import { EntityLink } from '../components/EntityLink';
import { PagedTable } from '../components/PagedTable';
import { ShownText } from '../components/ShownText';
import { StatusText } from '../components/StatusText';
import { usePage } from '../hooks/usePage';
import { deliveriesRouteRef, sourcesRouteRef } from '../routes';
import { customDataTranslationRef } from '../translation';
import { Credentials } from './Credentials';
import { Findings } from './Findings';

const EVERY_MS = 60_000;

/** Everything that writes to the catalog, who owns it, and what is wrong with it. */
export function IntegrationsPage() {
  const api = useApi(customDataApiRef);
  const { t } = useTranslationRef(customDataTranslationRef);
  const page = usePage<Integration>(
    'integrations',
    (query, signal) =>
      api.call(c => c.GET('/integrations', { params: { query }, signal })),
    { every: EVERY_MS },
  );
  return (
    <Container>
      <PagedTable
        page={page}
        rowId={({ type, name }) => `${type} ${name}`}
        empty={t('integrations.empty')}
        columns={[
          [
            t('integrations.name'),
            integration => <Name integration={integration} />,
            2,
          ],
          [
            t('integrations.owner'),
            ({ owner }) =>
              owner ? (
                <EntityLink entityRef={owner} />
              ) : (
                t('integrations.noOwner')
              ),
            2,
          ],
          [
            t('integrations.state'),
            integration => <State integration={integration} />,
            2,
          ],
          [
            t('integrations.credentials'),
            ({ credentials }) => <Credentials credentials={credentials} />,
            2,
          ],
          [
            t('integrations.findings'),
            ({ findings }) => <Findings findings={findings} />,
            3,
          ],
        ]}
      />
    </Container>
  );
}

interface PartProps {
  integration: Integration;
}

/** With a link to what a source or a sender did. */
function Name({ integration }: PartProps) {
  const { type, name, title, purpose } = integration;
  const { t } = useTranslationRef(customDataTranslationRef);
  const sources = useRouteRef(sourcesRouteRef);
  const deliveries = useRouteRef(deliveriesRouteRef);
  const text = <ShownText value={title ?? name} />;
  const page = { source: sources, sender: deliveries, processor: undefined }[
    type
  ];
  return (
    <>
      {page ? (
        <Link href={`${page()}?${new URLSearchParams({ [type]: name })}`}>
          {text}
        </Link>
      ) : (
        text
      )}
      <div>
        <Text color="secondary">
          {t(`integrations.types.${type}`)}
          {purpose && ': '}
          <ShownText value={purpose ?? ''} />
        </Text>
      </div>
    </>
  );
}

function State({ integration }: PartProps) {
  const { state, freshness, lastSuccessAt, problems } = integration;
  const { t } = useTranslationRef(customDataTranslationRef);
  const counts = {
    errors: String(problems.errors),
    warnings: String(problems.warnings),
  };
  return (
    <>
      <ShownText value={state} />
      {freshness?.isStale && (
        <div>
          <StatusText status="warning">{t('integrations.stale')}</StatusText>
        </div>
      )}
      {lastSuccessAt && (
        <div>
          {t('integrations.lastSuccess')} <Ago time={lastSuccessAt} />
        </div>
      )}
      {problems.errors + problems.warnings > 0 && (
        <div>{t('integrations.problems', counts)}</div>
      )}
    </>
  );
}
