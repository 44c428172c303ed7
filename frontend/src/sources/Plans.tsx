import { useApi, useTranslationRef } from '@backstage/frontend-plugin-api';
import { Flex, Link, Text } from '@backstage/ui';
import { customDataApiRef } from '../api/client';
import type { Item } from '../api/types';
import { Ago } from '../components/Ago';
import { PagedTable } from '../components/PagedTable';
import { ShownText } from '../components/ShownText';
import { usePage } from '../hooks/usePage';
import { useViewState } from '../hooks/useViewState';
import { customDataTranslationRef } from '../translation';
import { PlanView } from './PlanView';

type Plan = Item<'/sources/{source}/plans'>;

const EVERY_MS = 15_000;

/** The plan that waits, or the one that the URL names; and all that are kept. */
export function Plans(props: { source: string; reload: () => void }) {
  const { source } = props;
  const api = useApi(customDataApiRef);
  const { t } = useTranslationRef(customDataTranslationRef);
  const { get, hrefOf } = useViewState();
  const page = usePage<Plan>(
    source,
    (query, signal) => {
      const params = { path: { source }, query };
      return api.call(c =>
        c.GET('/sources/{source}/plans', { params, signal }),
      );
    },
    { every: EVERY_MS },
  );
  const reload = () => {
    page.reload();
    props.reload();
  };
  return (
    <Flex direction="column" gap="4">
      <PlanView source={source} hash={get('plan')} reload={reload} />
      <Text as="h3" variant="title-x-small">
        {t('plans.all')}
      </Text>
      <PagedTable
        page={page}
        rowId={({ hash }) => hash}
        empty={t('plans.empty')}
        columns={[
          [
            t('plans.created'),
            ({ hash, createdAt }) => (
              <Link href={hrefOf({ plan: hash })}>
                {createdAt ? (
                  <Ago time={createdAt} />
                ) : (
                  <ShownText value={hash} max={12} />
                )}
              </Link>
            ),
          ],
          [t('plans.kind'), ({ kind }) => t(`plans.kinds.${kind}`)],
          [t('plans.state'), ({ state }) => t(`plans.states.${state}`)],
          [t('sources.entities'), ({ count }) => count],
          [
            t('plans.decidedBy'),
            ({ decidedBy }) => <ShownText value={decidedBy ?? ''} />,
          ],
        ]}
      />
    </Flex>
  );
}
