import { refOfEntity } from '../config/entities';
import type { RecordMapper } from './RecordMapper';
import { createRecordSelector } from './selectRecords';

/** Takes each record as the entity that it is, under its ref. */
export function createEntityMapper({ name }: { name: string }): RecordMapper {
  return {
    ...createRecordSelector({ name }),
    recordId: async record => refOfEntity(record),
    explainNoId: async () =>
      'its kind, metadata.namespace and metadata.name make no entity ref',
    map: async record => ({ type: 'mapped', entities: [record] }),
  };
}
