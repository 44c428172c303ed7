import type { RecordMapper } from './RecordMapper';
import { ANSWER_LIMITS, compileExpression } from './compileExpression';
import { listPath } from './listPath';
import { located } from './located';
import type { MappingSettings } from './mappingSettings';
import { createRecordSelector } from './selectRecords';

/** Compiles `records`: the way to the list inside an answer. */
export function createList({
  name,
  records,
  tables,
}: Pick<MappingSettings, 'name' | 'records' | 'tables'>): Pick<
  RecordMapper,
  'listPath' | 'selectRecords'
> {
  if (records === undefined) {
    return {
      listPath: [],
      selectRecords: createRecordSelector({ source: name }),
    };
  }
  const expression = located(name, 'records', () =>
    compileExpression(records, { limits: ANSWER_LIMITS, tables }),
  );
  const path = listPath(expression.ast);
  return {
    listPath: path?.isWhole ? path.names : undefined,
    selectRecords: createRecordSelector({ source: name, expression }),
  };
}
