import { useTranslationRef } from '@backstage/frontend-plugin-api';
import {
  Accordion,
  AccordionPanel,
  AccordionTrigger,
  Flex,
  Text,
} from '@backstage/ui';
import type { paths } from '../api/openapi';
import { FieldTable } from '../components/FieldTable';
import { ShownBlock, ShownText } from '../components/ShownText';
import { showText } from '../components/showText';
import { customDataTranslationRef } from '../translation';

export type DryRun =
  paths['/sources/{source}/dry-run']['post']['responses'][200]['content']['application/json'];

type PreviewRecord = DryRun['records']['items'][number];

const COUNTS = [
  'records',
  'added',
  'changed',
  'removed',
  'held',
  'invalid',
] as const;

/** What a dry run says: the counts, the problems, and each record field by field. */
export function PreviewResult({ result }: { result: DryRun }) {
  const { t } = useTranslationRef(customDataTranslationRef);
  const { counts, incomplete, plan, problems, records } = result;
  return (
    <Flex direction="column" gap="4">
      <Text>
        {COUNTS.map(key =>
          t(`runs.counts.${key}`, { n: String(counts[key]) }),
        ).join(', ')}
      </Text>
      {incomplete && <ShownText value={incomplete} max={500} />}
      {plan && <ShownText value={plan.reason} max={500} />}
      {problems.items.length > 0 && (
        <ul>
          {problems.items.map(({ recordId, code, message, path }, i) => (
            <li key={i}>
              <ShownText
                value={[recordId, code, path, message]
                  .filter(Boolean)
                  .join(': ')}
                max={500}
              />
            </li>
          ))}
        </ul>
      )}
      {records.items.map(record => (
        <RecordPreview key={record.recordId} record={record} />
      ))}
    </Flex>
  );
}

function RecordPreview({ record }: { record: PreviewRecord }) {
  const { t } = useTranslationRef(customDataTranslationRef);
  return (
    <section aria-label={showText(record.recordId)}>
      <Text as="h3" variant="title-x-small">
        <ShownText value={record.recordId} />
      </Text>
      {record.fields.map((fields, i) => (
        <FieldTable key={i} fields={fields} />
      ))}
      <Accordion>
        <AccordionTrigger title={t('preview.record')} />
        <AccordionPanel>
          <ShownBlock value={record.record} />
        </AccordionPanel>
      </Accordion>
      <Accordion>
        <AccordionTrigger title={t('preview.entities')} />
        <AccordionPanel>
          <ShownBlock value={record.entities} />
        </AccordionPanel>
      </Accordion>
    </section>
  );
}
