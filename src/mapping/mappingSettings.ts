import type { SourceSettings } from '../config/settings';

/** What of a source's settings says how its records become entities. */
export type MappingSettings = Pick<
  SourceSettings,
  'name' | 'records' | 'id' | 'entity' | 'when'
> &
  Partial<Pick<SourceSettings, 'tables'>>;
