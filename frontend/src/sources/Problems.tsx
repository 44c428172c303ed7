import { useApi, useTranslationRef } from '@backstage/frontend-plugin-api';
import { Flex, Text } from '@backstage/ui';
import { customDataApiRef } from '../api/client';
import type { Problem } from '../api/types';
import { Ago } from '../components/Ago';
import { EntityLink } from '../components/EntityLink';
import { PagedTable } from '../components/PagedTable';
import { ShownText } from '../components/ShownText';
import { usePage } from '../hooks/usePage';
import { messages } from '../messages';
import { customDataTranslationRef } from '../translation';

const EVERY_MS = 15_000;

type Code = keyof typeof messages.advice;

const isKnown = (code: string): code is Code =>
  Object.hasOwn(messages.advice, code);

/** What is wrong with records and their entities, and what to do about it. */
export function Problems({ source }: { source: string }) {
  const api = useApi(customDataApiRef);
  const { t } = useTranslationRef(customDataTranslationRef);
  const page = usePage<Problem>(
    source,
    (query, signal) => {
      const params = { path: { source }, query };
      return api.call(c =>
        c.GET('/sources/{source}/problems', { params, signal }),
      );
    },
    { every: EVERY_MS },
  );
  return (
    <PagedTable
      page={page}
      empty={t('problems.empty')}
      columns={[
        [
          t('problems.where'),
          ({ recordId, entityRef }) => (
            <Flex direction="column" gap="1">
              {recordId && <ShownText value={recordId} />}
              {entityRef && <EntityLink entityRef={entityRef} />}
            </Flex>
          ),
          2,
        ],
        [
          t('problems.what'),
          ({ severity, code, message }) => (
            <Flex direction="column" gap="1">
              <Text weight="bold">
                {`${t(`problems.severities.${severity}`)}: ${code}`}
              </Text>
              <ShownText value={message} max={500} />
            </Flex>
          ),
          3,
        ],
        [t('problems.path'), ({ path }) => <ShownText value={path ?? ''} />],
        [t('problems.value'), ({ value }) => <ShownText value={value ?? ''} />],
        [
          t('problems.advice'),
          ({ code }) => isKnown(code) && t(`advice.${code}`),
        ],
        [t('problems.since'), ({ firstSeenAt }) => <Ago time={firstSeenAt} />],
      ]}
    />
  );
}
