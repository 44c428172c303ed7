import { toError } from '@backstage/errors';
import type { JsonObject, JsonValue } from '@backstage/types';
import type { GuardedField } from '../../config/guardedFields';
import type { SourceSettings } from '../../config/source';
import { SourceError } from '../../lib/errors';
import { isObject } from '../../lib/values';
import type { MapOutcome } from '../../mapping/RecordMapper';
import { type PreparedSource, prepareSource } from '../prepareSources';

/** More would fill the memory of the backend. In characters. */
const MAX_RESULT = 32_000_000;

/** What the backend has the process do. Each method takes one argument. */
export type CandidateMethods = ReturnType<typeof createMethods>;

/** All that a record gives, in one answer. */
export interface Evaluated {
  recordId?: string;
  /** Why it has no id. */
  noId?: string;
  outcome?: MapOutcome;
  unfound?: GuardedField[][];
}

export interface Call {
  id: number;
  method: keyof CandidateMethods;
  argument: unknown;
}

export interface Reply {
  id: number;
  /** JSON, so that its size is known before it is sent. */
  result?: string;
  error?: { message: string; isShape: boolean };
}

function createMethods() {
  let source: PreparedSource;
  return {
    async prepare(given: { settings: SourceSettings; placeholders: string[] }) {
      const prepared = await prepareSource({
        ...given,
        extensions: { sources: new Map(), transformers: new Map() },
        now: () => new Date(),
      });
      if (prepared.type === 'faulty') {
        return prepared;
      }
      source = prepared.source;
      return { type: 'ready' as const, listPath: source.mapper.listPath };
    },

    selectRecords: (given: JsonValue) => source.mapper.selectRecords(given),

    async evaluate(record: JsonValue): Promise<Evaluated> {
      const { mapper, checkRecord } = source;
      if (!isObject(record)) {
        return {};
      }
      const recordId = await mapper.recordId(record);
      if (recordId === undefined) {
        return { noId: await mapper.explainNoId(record) };
      }
      const problems = checkRecord?.(record, recordId) ?? [];
      return {
        recordId,
        outcome:
          problems.length > 0
            ? { type: 'failed', problems }
            : await mapper.map(record, recordId),
        unfound: await mapper.unfound?.(record),
      };
    },

    explain: async (record: JsonObject) =>
      (await source.mapper.explain?.(record)) ?? [],
  };
}

/** The process of a candidate: it maps records until its parent ends it. */
export function serveCandidate(): void {
  const methods = createMethods();
  process.on('message', async (call: Call) => {
    process.send!(await answer(methods, call));
  });
  process.on('disconnect', () => process.exit());
}

async function answer(
  methods: CandidateMethods,
  { id, method, argument }: Call,
): Promise<Reply> {
  try {
    const result = JSON.stringify(await methods[method](argument as any));
    if (result.length > MAX_RESULT) {
      throw new Error(
        `${method} gives more than ${MAX_RESULT} characters of JSON`,
      );
    }
    return { id, result };
  } catch (error) {
    const isShape = error instanceof SourceError && error.code === 'shape';
    return { id, error: { message: toError(error).message, isShape } };
  }
}
