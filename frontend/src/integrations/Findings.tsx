import { useTranslationRef } from '@backstage/frontend-plugin-api';
import type { Integration } from '../api/types';
import { ShownText } from '../components/ShownText';
import { type Status, StatusText } from '../components/StatusText';
import { customDataTranslationRef } from '../translation';

type Finding = Integration['findings'][number];

const STATUSES = {
  error: 'danger',
  warning: 'warning',
  info: undefined,
} as const satisfies Record<Finding['severity'], Status | undefined>;

/** What somebody should look at, and how bad it is. */
export function Findings({ findings }: { findings: Finding[] }) {
  const { t } = useTranslationRef(customDataTranslationRef);
  return (
    <>
      {findings.map(({ code, severity, message }) => (
        <div key={code}>
          <StatusText status={STATUSES[severity]}>
            {t(`integrations.severities.${severity}`)}
          </StatusText>
          {': '}
          <ShownText value={message} max={500} />
        </div>
      ))}
    </>
  );
}
