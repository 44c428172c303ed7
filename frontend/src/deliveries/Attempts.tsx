import { useTranslationRef } from '@backstage/frontend-plugin-api';
import { Cell, type ColumnConfig, Table, Text } from '@backstage/ui';
import type { Answer } from '../api/types';
import { Ago } from '../components/Ago';
import { customDataTranslationRef } from '../translation';
import { DeliveryState } from './DeliveryState';

type Attempt = Answer<'/deliveries/{id}'>['attemptList'][number];

/** The attempts that have ended, oldest first. */
export function Attempts({ attempts }: { attempts: Attempt[] }) {
  const { t } = useTranslationRef(customDataTranslationRef);
  const columns: ColumnConfig<Attempt & { id: string }>[] = [
    {
      id: 'attempt',
      label: t('deliveries.attempt'),
      isRowHeader: true,
      cell: ({ attempt }) => <Cell>{attempt}</Cell>,
    },
    {
      id: 'startedAt',
      label: t('deliveries.started'),
      cell: ({ startedAt }) => (
        <Cell>
          <Ago time={startedAt} />
        </Cell>
      ),
    },
    {
      id: 'took',
      label: t('deliveries.took'),
      cell: ({ startedAt, endedAt }) => (
        <Cell>{`${Date.parse(endedAt) - Date.parse(startedAt)} ms`}</Cell>
      ),
    },
    {
      id: 'state',
      label: t('deliveries.state'),
      defaultWidth: '4fr',
      cell: attempt => (
        <Cell>
          <DeliveryState delivery={attempt} />
        </Cell>
      ),
    },
  ];
  return (
    <Table
      columnConfig={columns}
      // An attempt after a redelivery begins to count anew.
      data={attempts.map((each, i) => ({ ...each, id: `attempt ${i}` }))}
      pagination={{ type: 'none' }}
      emptyState={<Text>{t('deliveries.noAttempt')}</Text>}
    />
  );
}
