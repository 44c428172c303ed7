import { useTranslationRef } from '@backstage/frontend-plugin-api';
import { Flex, Text } from '@backstage/ui';
import type { Problem } from '../api/types';
import type { LoadedPage } from '../hooks/usePage';
import { messages } from '../messages';
import { customDataTranslationRef } from '../translation';
import { Ago } from './Ago';
import { EntityLink } from './EntityLink';
import { PagedTable } from './PagedTable';
import { ShownText } from './ShownText';

type Code = keyof typeof messages.advice;

const isKnown = (code: string): code is Code =>
  Object.hasOwn(messages.advice, code);

/** What is wrong with records and their entities, and what to do about it. */
export function ProblemTable({ page }: { page: LoadedPage<Problem> }) {
  const { t } = useTranslationRef(customDataTranslationRef);
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
