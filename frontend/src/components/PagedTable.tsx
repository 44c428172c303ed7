import { useTranslationRef } from '@backstage/frontend-plugin-api';
import {
  Cell,
  type ColumnConfig,
  Table,
  Text,
  type TablePaginationType,
} from '@backstage/ui';
import type { ReactNode } from 'react';
import { type LoadedPage, PAGE_SIZE } from '../hooks/usePage';
import { customDataTranslationRef } from '../translation';
import { LoadState } from './LoadState';

/** What stands over a column, what it shows of a row, and how wide it is beside others of 1. */
export type TableColumn<T> = [
  label: string,
  cell: (row: T) => ReactNode,
  width?: number,
];

/** A page of a list of the API, with the way to its neighbours. */
export function PagedTable<T extends object>(props: {
  page: LoadedPage<T>;
  /** The first one names the row for a screen reader. */
  columns: TableColumn<T>[];
  /** What tells the rows of a page apart; their place if nothing does. */
  rowId?: (row: T) => string;
  /** What stands there instead of rows. */
  empty: string;
}) {
  const { page, rowId, empty } = props;
  const { t } = useTranslationRef(customDataTranslationRef);
  const pagination = usePagination(page);
  const columnConfig = props.columns.map(
    ([label, cell, width = 1], i): ColumnConfig<{ id: string; row: T }> => ({
      id: `column ${i}`,
      label,
      isRowHeader: i === 0,
      defaultWidth: `${width}fr`,
      cell: ({ row }) => <Cell>{cell(row)}</Cell>,
    }),
  );
  return (
    <LoadState loaded={page}>
      {({ items }) => (
        <Table
          columnConfig={columnConfig}
          data={items.map((row, i) => ({
            id: `row ${rowId?.(row) ?? i}`,
            row,
          }))}
          pagination={pagination}
          emptyState={<Text>{page.next ? t('shared.hiddenPage') : empty}</Text>}
        />
      )}
    </LoadState>
  );
}

function usePagination<T>(page: LoadedPage<T>): TablePaginationType {
  const { t } = useTranslationRef(customDataTranslationRef);
  const { offset, next, previous, value } = page;
  if (!next && !previous) {
    return { type: 'none' };
  }
  const total = value?.totalItems;
  const from = offset + 1;
  const to = offset + (value?.items.length ?? 0);
  return {
    type: 'page',
    pageSize: PAGE_SIZE,
    offset,
    totalCount: total,
    hasNextPage: next !== undefined,
    hasPreviousPage: previous !== undefined,
    onNextPage: () => next?.(),
    onPreviousPage: () => previous?.(),
    showPageSizeOptions: false,
    getLabel: () =>
      total === undefined
        ? t('shared.of', { from: String(from), to: String(to) })
        : t('shared.ofTotal', {
            from: String(from),
            to: String(to),
            total: String(total),
          }),
  };
}
