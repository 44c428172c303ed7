import { useTranslationRef } from '@backstage/frontend-plugin-api';
import { Cell, type ColumnConfig, Table, Text } from '@backstage/ui';
import type { Answer } from '../api/types';
import { customDataTranslationRef } from '../translation';
import { ShownText } from './ShownText';
import { showText } from './showText';

type Field =
  Answer<'/entities/by-name/{kind}/{namespace}/{name}/explain'>['fields'][number];

/** Each field of an entity: its expression, what that read, and what it gave. */
export function FieldTable({ fields }: { fields: Field[] }) {
  const { t } = useTranslationRef(customDataTranslationRef);
  const columns: ColumnConfig<Field & { id: string }>[] = [
    {
      id: 'path',
      label: t('explain.path'),
      isRowHeader: true,
      cell: ({ path }) => (
        <Cell>
          <ShownText value={path} />
        </Cell>
      ),
    },
    {
      id: 'expression',
      label: t('explain.expression'),
      cell: ({ expression }) => (
        <Cell>
          <code>
            <ShownText value={expression} max={500} />
          </code>
        </Cell>
      ),
    },
    {
      id: 'reads',
      label: t('explain.reads'),
      cell: ({ reads }) => (
        <Cell>
          {reads.map(({ path, value }) => (
            <div key={path}>
              <ShownText value={`${path} = ${showText(value)}`} max={500} />
            </div>
          ))}
        </Cell>
      ),
    },
    {
      id: 'value',
      label: t('explain.value'),
      cell: ({ value, error }) => (
        <Cell>
          <Text weight={error === undefined ? 'regular' : 'bold'}>
            <ShownText value={error ?? value} max={500} />
          </Text>
        </Cell>
      ),
    },
  ];
  return (
    <Table
      columnConfig={columns}
      data={fields.map(field => ({ ...field, id: `row ${field.path}` }))}
      pagination={{ type: 'none' }}
    />
  );
}
