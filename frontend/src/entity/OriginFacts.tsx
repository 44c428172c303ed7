import { useRouteRef, useTranslationRef } from '@backstage/frontend-plugin-api';
import { Link } from '@backstage/ui';
import type { ReactNode } from 'react';
import type { Origin } from '../api/types';
import { Ago } from '../components/Ago';
import { Facts } from '../components/Facts';
import { ShownText } from '../components/ShownText';
import { showText } from '../components/showText';
import { sourcesRouteRef } from '../routes';
import { customDataTranslationRef } from '../translation';

/** The source, the record and the run that an entity is from. */
export function OriginFacts({ origin }: { origin: Origin }) {
  const { t } = useTranslationRef(customDataTranslationRef);
  const { source, run, appliedAt, observedAt, fetchedAt, mapping } = origin;
  return (
    <Facts
      facts={[
        [
          t('origin.source'),
          <SourceLink key="source" query={{ source }}>
            <ShownText value={source} />
          </SourceLink>,
        ],
        [t('origin.record'), <ShownText key="id" value={origin.recordId} />],
        [t('origin.recordState'), useRecordState(origin)],
        [
          t('origin.run'),
          run && (
            <SourceLink query={{ source, tab: 'runs', run: run.id }}>
              <ShownText value={`${run.kind}, ${run.outcome}`} />
            </SourceLink>
          ),
        ],
        [t('origin.applied'), appliedAt && <Ago time={appliedAt} />],
        [t('origin.observed'), observedAt && <Ago time={observedAt} />],
        [t('origin.fetched'), fetchedAt && <Ago time={fetchedAt} />],
        [
          t('origin.mapping'),
          mapping && (
            <ShownText
              value={
                mapping.type === 'template'
                  ? t('origin.template')
                  : t('origin.code', { name: showText(mapping.name ?? '') })
              }
            />
          ),
        ],
      ]}
    />
  );
}

function useRecordState({ record, recordState }: Origin): ReactNode {
  const { t } = useTranslationRef(customDataTranslationRef);
  const reason = showText(record.reason ?? '', 500);
  return [
    recordState && recordState !== 'seen' && t(`origin.states.${recordState}`),
    t(`origin.now.${record.state}`, { reason }),
  ]
    .filter(Boolean)
    .join(' ');
}

function SourceLink(props: {
  query: Record<string, string>;
  children: ReactNode;
}) {
  const sources = useRouteRef(sourcesRouteRef);
  return sources ? (
    <Link href={`${sources()}?${new URLSearchParams(props.query)}`}>
      {props.children}
    </Link>
  ) : (
    <>{props.children}</>
  );
}
