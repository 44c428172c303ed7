import { useTranslationRef } from '@backstage/frontend-plugin-api';
import { Text } from '@backstage/ui';
import { ShownText } from '../components/ShownText';
import type { paths } from '../api/openapi';
import { customDataTranslationRef } from '../translation';
import { STATES } from './filter';

export type DryRun =
  paths['/deliveries/replay']['post']['responses'][200]['content']['application/json'];

const MAX_ENTITIES = 20;

/** What a replay would process, and what entities would show afterwards. */
export function ReplayChanges({ dryRun }: { dryRun: DryRun }) {
  const { t } = useTranslationRef(customDataTranslationRef);
  const { count, states, entities, hidden } = dryRun;
  const rest = entities.length - MAX_ENTITIES;
  return (
    <>
      <Text>{t('replay.means', { n: String(count) })}</Text>
      <ul style={{ margin: 0 }}>
        {STATES.filter(state => states[state]).map(state => (
          <li key={state}>
            {`${t(`deliveries.states.${state}`)}: ${states[state]}`}
          </li>
        ))}
      </ul>
      <Text>
        {entities.length + hidden === 0
          ? t('replay.noChange')
          : t('replay.changes', { n: String(entities.length + hidden) })}
      </Text>
      <ul style={{ margin: 0 }}>
        {entities.slice(0, MAX_ENTITIES).map(entity => (
          <li key={entity.entityRef}>
            <EntityChanges entity={entity} />
          </li>
        ))}
        {rest > 0 && <li>{t('replay.more', { n: String(rest) })}</li>}
        {hidden > 0 && <li>{t('replay.hidden', { n: String(hidden) })}</li>}
      </ul>
    </>
  );
}

function EntityChanges({ entity }: { entity: DryRun['entities'][number] }) {
  const { t } = useTranslationRef(customDataTranslationRef);
  const versionOf = (deployment?: { version: string }) =>
    deployment ? <ShownText value={deployment.version} /> : t('replay.none');
  return (
    <>
      <ShownText value={entity.entityRef} />
      {entity.environments.map(({ environment, target, before, after }) => (
        <div key={`${environment} ${target}`}>
          <ShownText
            value={target ? `${environment}, ${target}` : environment}
          />
          {': '}
          {versionOf(before)}
          {' → '}
          {versionOf(after)}
        </div>
      ))}
    </>
  );
}
