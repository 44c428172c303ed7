import { stringifyEntityRef } from '@backstage/catalog-model';
import { useApi, useTranslationRef } from '@backstage/frontend-plugin-api';
import { useEntity } from '@backstage/plugin-catalog-react';
import { Flex, Text } from '@backstage/ui';
import { customDataApiRef } from '../api/client';
import type { Origin } from '../api/types';
import { describeError } from '../components/describeError';
import { FieldTable } from '../components/FieldTable';
import { LoadState } from '../components/LoadState';
import { ProblemTable } from '../components/ProblemTable';
import { type Loaded, useLoad } from '../hooks/useLoad';
import { customDataTranslationRef } from '../translation';
import { entityPath } from './entityPath';
import { OriginFacts } from './OriginFacts';
import { PinSection } from './PinSection';

/** On an entity's page: its source and record, and how each field came about. */
export function OriginContent() {
  const { entity } = useEntity();
  return <OriginOf entityRef={stringifyEntityRef(entity)} />;
}

function OriginOf({ entityRef }: { entityRef: string }) {
  const { t } = useTranslationRef(customDataTranslationRef);
  const loaded = useOrigin(entityRef);
  const { error, value, reload } = loaded;
  if (!value && error && describeError(error).kind === 'missing') {
    return <Text>{t('origin.empty')}</Text>;
  }
  return (
    <LoadState loaded={loaded}>
      {origin => (
        <Flex direction="column" gap="6">
          <OriginFacts origin={origin} />
          <PinSection origin={origin} reload={reload} />
          <Fields origin={origin} />
          <Problems origin={origin} />
        </Flex>
      )}
    </LoadState>
  );
}

/** Asked once: each time it is, the source is asked for the record. */
function useOrigin(entityRef: string): Loaded<Origin> {
  const api = useApi(customDataApiRef);
  return useLoad(entityRef, signal => {
    const params = { path: entityPath(entityRef) };
    return api.call(c =>
      c.GET('/entities/by-name/{kind}/{namespace}/{name}/explain', {
        params,
        signal,
      }),
    );
  });
}

function Fields({ origin }: { origin: Origin }) {
  const { t } = useTranslationRef(customDataTranslationRef);
  return (
    <section aria-label={t('origin.fields')}>
      <Text as="h2" variant="title-small">
        {t('origin.fields')}
      </Text>
      {origin.fields.length > 0 ? (
        <FieldTable fields={origin.fields} />
      ) : (
        <Text as="p">{t('origin.noFields')}</Text>
      )}
    </section>
  );
}

function Problems({ origin }: { origin: Origin }) {
  const { t } = useTranslationRef(customDataTranslationRef);
  return (
    <section aria-label={t('problems.title')}>
      <Text as="h2" variant="title-small">
        {t('problems.title')}
      </Text>
      <ProblemTable
        page={{
          value: { items: origin.problems, pageInfo: {} },
          isLoading: false,
          offset: 0,
          reload: () => undefined,
        }}
      />
    </section>
  );
}
