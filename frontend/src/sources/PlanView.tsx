import { useApi, useTranslationRef } from '@backstage/frontend-plugin-api';
import { Flex, Text } from '@backstage/ui';
import { customDataApiRef } from '../api/client';
import type { Answer } from '../api/types';
import { Ago } from '../components/Ago';
import { EntityLink } from '../components/EntityLink';
import { FieldChanges } from '../components/FieldChanges';
import { PagedTable } from '../components/PagedTable';
import { ShownText } from '../components/ShownText';
import { type LoadedPage, type PageRequest, usePage } from '../hooks/usePage';
import { customDataTranslationRef } from '../translation';
import { PlanDecision } from './PlanDecision';
import { type PlanRow, readPlanRow } from './planRows';

export type ShownPlan = Answer<'/sources/{source}/plans/{hash}'>['plan'];

interface PlanPage {
  items: PlanRow[];
  totalItems?: number;
  pageInfo: { nextCursor?: string };
  plan: ShownPlan | null;
}

const EVERY_MS = 15_000;

/** A plan as a diff. Without a hash, the held one that waits or waited last. */
export function PlanView(props: {
  source: string;
  hash?: string;
  reload: () => void;
}) {
  const { source, hash } = props;
  const { t } = useTranslationRef(customDataTranslationRef);
  const page = usePlan(source, hash);
  const plan = page.value?.plan;
  if (plan === null) {
    return <Text>{t('plans.nothingHeld')}</Text>;
  }
  const reload = () => {
    page.reload();
    props.reload();
  };
  return (
    <Flex direction="column" gap="4">
      {plan && <Facts plan={plan} />}
      {plan && page.value && <Owners page={page} />}
      {plan && <PlanDecision source={source} plan={plan} reload={reload} />}
      <PlanRows page={page} />
    </Flex>
  );
}

function usePlan(source: string, hash: string | undefined) {
  const api = useApi(customDataApiRef);
  const load = async (query: PageRequest, signal: AbortSignal) => {
    const ask = { query, path: { source } };
    const { items, ...rest } =
      hash === undefined
        ? await api.call(c =>
            c.GET('/sources/{source}/plan', { params: ask, signal }),
          )
        : await api.call(c =>
            c.GET('/sources/{source}/plans/{hash}', {
              params: { query, path: { source, hash } },
              signal,
            }),
          );
    return { ...rest, items: items.map(readPlanRow) };
  };
  return usePage(JSON.stringify([source, hash]), load, {
    every: EVERY_MS,
  }) as LoadedPage<PlanRow> & { value?: PlanPage };
}

function Facts({ plan }: { plan: ShownPlan }) {
  const { t } = useTranslationRef(customDataTranslationRef);
  const { kind, state, reason, expiresAt } = plan;
  return (
    <Flex direction="column" gap="1">
      <Text as="h3" variant="title-x-small">
        {`${t(`plans.kinds.${kind}`)}: ${t(`plans.states.${state}`)}`}
      </Text>
      <ShownText value={reason} max={1000} />
      {expiresAt && (
        <Text>
          {t('plans.expires')} <Ago time={expiresAt} />
        </Text>
      )}
    </Flex>
  );
}

/** Whose entities they are: of this page, since no answer has all of them. */
function Owners({ page }: { page: LoadedPage<PlanRow> }) {
  const { t } = useTranslationRef(customDataTranslationRef);
  const counts = new Map<string, number>();
  for (const { owner } of page.value?.items ?? []) {
    if (owner) {
      counts.set(owner, (counts.get(owner) ?? 0) + 1);
    }
  }
  if (counts.size === 0) {
    return null;
  }
  return (
    <Flex gap="3" style={{ flexWrap: 'wrap' }}>
      <Text weight="bold">
        {page.next || page.previous
          ? t('plans.ownersOfPage')
          : t('plans.owners')}
      </Text>
      {[...counts].map(([owner, count]) => (
        <span key={owner}>
          <EntityLink entityRef={owner} /> ({count})
        </span>
      ))}
    </Flex>
  );
}

function PlanRows({ page }: { page: LoadedPage<PlanRow> }) {
  const { t } = useTranslationRef(customDataTranslationRef);
  return (
    <PagedTable
      page={page}
      rowId={({ entityRef }) => entityRef}
      empty={t('plans.noRefs')}
      columns={[
        [
          t('shared.entity'),
          ({ entityRef }) => <EntityLink entityRef={entityRef} />,
          2,
        ],
        [
          t('shared.action'),
          ({ action, left }) => (
            <>
              {t(`shared.actions.${action}`)}
              {left && (
                <div>
                  <ShownText value={left} />
                </div>
              )}
            </>
          ),
        ],
        [
          t('shared.fields'),
          ({ fields }) => <FieldChanges fields={fields} />,
          2,
        ],
        [
          t('shared.owner'),
          ({ owner }) => owner && <EntityLink entityRef={owner} />,
        ],
      ]}
    />
  );
}
