export { createCompany, type ServiceRecord } from './company';
export {
  createMetadataApi,
  type MetadataApi,
  type MetadataApiOptions,
} from './createMetadataApi';
export type { RunningApi } from './listen';
export { readRecordFile, type FileRecord } from './readRecordFile';
