import { useTranslationRef } from '@backstage/frontend-plugin-api';
import { Badge, Flex } from '@backstage/ui';
import type { Source } from '../api/types';
import { Ago } from '../components/Ago';
import { ShownText } from '../components/ShownText';
import { customDataTranslationRef } from '../translation';

/** The state, and since when, until when or why. */
export function SourceState({ source }: { source: Source }) {
  const { t } = useTranslationRef(customDataTranslationRef);
  const { state, retryAt, failures, paused, reason } = source;
  return (
    <Flex direction="column" align="start" gap="1">
      <Badge>{t(`sources.states.${state}`)}</Badge>
      {state === 'backing-off' && retryAt && (
        <span>
          {t('sources.failures', { failures: String(failures) })}{' '}
          <Ago time={retryAt} />
        </span>
      )}
      {state === 'paused' && paused && (
        <span>
          <ShownText value={paused.by} /> <Ago time={paused.at} />
        </span>
      )}
      {reason && <ShownText value={reason} />}
    </Flex>
  );
}
