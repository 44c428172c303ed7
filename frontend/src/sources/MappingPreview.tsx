import { useApi, useTranslationRef } from '@backstage/frontend-plugin-api';
import { Button, Flex, Text, TextAreaField } from '@backstage/ui';
import { useState } from 'react';
import { customDataApiRef } from '../api/client';
import { useAction } from '../components/ConfirmDialog';
import { ErrorNotice } from '../components/LoadState';
import { useMay } from '../hooks/useMay';
import { sourceDryRunCandidatePermission } from '../permissions';
import { customDataTranslationRef } from '../translation';
import { type DryRun, PreviewResult } from './PreviewResult';
import { readJson } from './readJson';

const MAX_RECORDS = 5;

/**
 * What a run over the list would do now, with the mapping or an answer of the
 * API replaced. Nothing is written.
 */
export function MappingPreview({ source }: { source: string }) {
  const api = useApi(customDataApiRef);
  const { t } = useTranslationRef(customDataTranslationRef);
  const mayReplaceMapping = useMay(sourceDryRunCandidatePermission);
  const [data, setData] = useState('');
  const [entity, setEntity] = useState('');
  const [result, setResult] = useState<DryRun>();
  const preview = useAction(async () => {
    const body = {
      limit: MAX_RECORDS,
      ...readJson('data', data),
      ...readJson('entity', entity),
    };
    const params = { path: { source } };
    const answer = await api.call(c =>
      c.POST('/sources/{source}/dry-run', {
        params,
        // The backend checks what was typed.
        body: body as { limit: number },
      }),
    );
    // Lines are another form of the answer, for who asks for them.
    setResult(answer as DryRun);
  });
  return (
    <Flex direction="column" gap="4">
      <Text>{t('preview.means')}</Text>
      <TextAreaField
        label={t('preview.data')}
        description={t('preview.dataMeans')}
        value={data}
        onChange={setData}
      />
      {mayReplaceMapping && (
        <TextAreaField
          label={t('preview.mapping')}
          description={t('preview.mappingMeans')}
          value={entity}
          onChange={setEntity}
        />
      )}
      <Flex>
        <Button isPending={preview.isRunning} onPress={preview.run}>
          {t('preview.run')}
        </Button>
      </Flex>
      {preview.error && <ErrorNotice error={preview.error} />}
      {!preview.error && result && <PreviewResult result={result} />}
    </Flex>
  );
}
