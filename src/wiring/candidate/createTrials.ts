import type { JsonValue } from '@backstage/types';
import { hasCode, withCandidate } from '../../config/candidate';
import type { SourceSettings } from '../../config/source';
import type { DryRunContext } from '../../ingestion/control/dryRun';
import type { SyncOptions } from '../../ingestion/runContext';
import type { RecordMapper } from '../../mapping/RecordMapper';
import { createRecordSource } from '../createSourceParts';
import type { PreparedSource } from '../prepareSources';
import { startCandidate } from './startCandidate';

/** Prepares what dry runs work with in place of a source's own parts. */
export function createTrials(options: {
  sources: Map<string, PreparedSource>;
  placeholders: string[];
  now: () => Date;
  /** As of `prepareSources`. */
  fetchOf?: (source: string) => typeof fetch;
}): DryRunContext['startTrial'] {
  const { sources, placeholders, now, fetchOf } = options;
  return async ({ source: name, candidate, data, signal }) => {
    const own = sources.get(name)!;
    const settings = withCandidate(own.settings, candidate);
    const read = (mapper: RecordMapper) =>
      readerOf({ own, settings, mapper, data, now, fetch: fetchOf?.(name) });
    if (!hasCode(candidate)) {
      const parts = { settings, source: read(own.mapper) };
      return { parts, stop: () => {} };
    }
    const { mapper, stop } = await startCandidate({
      settings,
      placeholders,
      signal,
    });
    const { schema, transformer } = settings;
    const isOfFile = typeof schema === 'string';
    const parts: Partial<SyncOptions> = {
      settings,
      mapper,
      // The process of the candidate checks one that is part of the settings.
      checkRecord: isOfFile ? own.checkRecord : undefined,
      shape: {
        ...own.shape,
        ...(!isOfFile && { schema }),
        ...(transformer === undefined && { transformer: undefined }),
      },
      source: read(mapper),
    };
    return { parts, stop };
  };
}

/** What reads the records: the source's own, unless something else finds them in its answer. */
function readerOf(options: {
  own: PreparedSource;
  settings: SourceSettings;
  mapper: RecordMapper;
  data?: JsonValue;
  now: () => Date;
  fetch?: typeof fetch;
}) {
  const { own, settings, mapper, data } = options;
  const { type, records, tables } = own.settings;
  const shared = {
    placeholders: [],
    extensions: { sources: new Map(), transformers: new Map() },
    now: options.now,
    fetch: options.fetch,
  };
  if (data !== undefined) {
    const text = JSON.stringify(data);
    const headers = { 'content-type': 'application/json' };
    return createRecordSource(
      {
        ...shared,
        settings: withoutRequests(settings),
        fetch: async () => new Response(text, { headers }),
      },
      mapper,
    );
  }
  const isSame = settings.records === records && settings.tables === tables;
  return type !== 'http' || isSame
    ? own.source
    : createRecordSource({ ...shared, settings }, mapper);
}

/** One answer, to which nobody has to sign in. */
function withoutRequests(settings: SourceSettings): SourceSettings {
  const { type, url } = settings;
  return {
    ...settings,
    type: 'http',
    url: type === 'http' ? url : 'http://data.invalid',
    pagination: { type: 'none' },
    headers: {},
    auth: undefined,
  };
}
