import { useTranslationRef } from '@backstage/frontend-plugin-api';
import { Flex, Text } from '@backstage/ui';
import type { Origin } from '../api/types';
import { Ago } from '../components/Ago';
import { EntityLink } from '../components/EntityLink';
import { Facts } from '../components/Facts';
import { FieldChanges } from '../components/FieldChanges';
import { ShownText } from '../components/ShownText';
import { useMay } from '../hooks/useMay';
import { pinWritePermission } from '../permissions';
import { customDataTranslationRef } from '../translation';
import { PinButton, UnpinButton } from './PinButtons';

/** Whether an entity is pinned, by whom and why, and the button that changes that. */
export function PinSection(props: { origin: Origin; reload: () => void }) {
  const { origin, reload } = props;
  const { pin, entityRef } = origin;
  const { t } = useTranslationRef(customDataTranslationRef);
  const mayPin = useMay(pinWritePermission);
  const Button = pin ? UnpinButton : PinButton;
  return (
    <section aria-label={t('pin.title')}>
      <Flex direction="column" gap="3" align="start">
        <Text as="h2" variant="title-small">
          {t('pin.title')}
        </Text>
        {pin ? <Pinned pin={pin} /> : <Text>{t('pin.none')}</Text>}
        {mayPin && origin.via === 'poll' && (
          <Button entityRef={entityRef} reload={reload} />
        )}
      </Flex>
    </section>
  );
}

function Pinned({ pin }: { pin: NonNullable<Origin['pin']> }) {
  const { t } = useTranslationRef(customDataTranslationRef);
  const { reason, by, createdAt, until, absent, drift } = pin;
  return (
    <>
      <Text>{t(absent ? 'pin.absent' : 'pin.present')}</Text>
      <Facts
        facts={[
          [t('pin.reason'), <ShownText key="reason" value={reason} />],
          [t('pin.by'), <EntityLink key="by" entityRef={by} />],
          [t('pin.since'), <Ago key="since" time={createdAt} />],
          [t('pin.until'), until ? <Ago time={until} /> : t('pin.forever')],
          [t('pin.drift'), t(`pin.drifts.${drift.type}`)],
        ]}
      />
      {drift.fields.length > 0 && <FieldChanges fields={drift.fields} />}
    </>
  );
}
