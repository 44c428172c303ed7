import { InputError } from '@backstage/errors';
import type { JsonValue } from '@backstage/types';
import { listFaults } from '../../config/messages';
import type { SourceSettings } from '../../config/source';
import type { RecordMapper } from '../../mapping/RecordMapper';
import { CANDIDATE_LIMITS, CandidateProcess } from './CandidateProcess';
import type { Evaluated } from './serveCandidate';

/** A mapper whose expressions run in a process of their own, until it is stopped. */
export interface RunningCandidate {
  /** It checks a record against the candidate's JSON Schema as well. */
  mapper: RecordMapper;
  stop(): void;
}

/**
 * Starts the process of a candidate, and prepares its mapping there.
 *
 * @throws InputError for a mapping that cannot be used.
 */
export async function startCandidate(options: {
  settings: SourceSettings;
  placeholders: string[];
  signal: AbortSignal;
  limits?: typeof CANDIDATE_LIMITS;
}): Promise<RunningCandidate> {
  const { settings, placeholders, signal, limits } = options;
  const child = new CandidateProcess(signal, limits);
  try {
    const prepared = await child.call('prepare', {
      settings: withoutRequests(settings),
      placeholders,
    });
    if (prepared.type === 'faulty') {
      throw new InputError(listFaults(prepared.faults));
    }
    return {
      mapper: toMapper(child, prepared.listPath),
      stop: () => child.stop(),
    };
  } catch (error) {
    child.stop();
    throw error;
  }
}

/** No request is made there, so none of what may hold a secret is told. */
function withoutRequests(settings: SourceSettings): SourceSettings {
  return {
    ...settings,
    type: 'http',
    url: 'http://candidate.invalid',
    recordUrl: 'http://candidate.invalid/{id}',
    method: 'GET',
    headers: {},
    auth: undefined,
    body: undefined,
    query: undefined,
    // A path of the backend, for the backend to read.
    schema: typeof settings.schema === 'string' ? undefined : settings.schema,
  };
}

function toMapper(
  child: CandidateProcess,
  listPath: string[] | undefined,
): RecordMapper {
  // One call for each record, whatever is asked of it.
  const known = new WeakMap<object, Promise<Evaluated>>();
  const evaluate = (record: JsonValue) => {
    const key = Object(record);
    const evaluated = known.get(key) ?? child.call('evaluate', record);
    known.set(key, evaluated);
    return evaluated;
  };
  return {
    listPath,
    selectRecords: answer => child.call('selectRecords', answer),
    recordId: async record => (await evaluate(record)).recordId,
    explainNoId: async record => (await evaluate(record)).noId!,
    map: async record => (await evaluate(record)).outcome!,
    unfound: async record => (await evaluate(record)).unfound ?? [],
    explain: record => child.call('explain', record),
  };
}
