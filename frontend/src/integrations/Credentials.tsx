import { useTranslationRef } from '@backstage/frontend-plugin-api';
import type { Integration } from '../api/types';
import { Ago } from '../components/Ago';
import { ShownText } from '../components/ShownText';
import { StatusText } from '../components/StatusText';
import { customDataTranslationRef } from '../translation';

type Credential = Integration['credentials'][number];

/** By their ids: how old each is, and when it is to be changed. */
export function Credentials(props: { credentials: Credential[] }) {
  const { t } = useTranslationRef(customDataTranslationRef);
  return (
    <>
      {props.credentials.map(({ id, ageDays, dueAt, isDue, lastUsedAt }) => (
        <div key={id}>
          <ShownText value={id} />
          {`: ${t('integrations.age', { n: String(ageDays) })}, `}
          <StatusText status={isDue ? 'danger' : undefined}>
            {t(isDue ? 'integrations.overdue' : 'integrations.due')}{' '}
            <Ago time={dueAt} />
          </StatusText>
          {lastUsedAt && (
            <>
              {`, ${t('integrations.lastUsed')} `}
              <Ago time={lastUsedAt} />
            </>
          )}
        </div>
      ))}
    </>
  );
}
