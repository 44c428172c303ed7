import { toError } from '@backstage/errors';
import type { JsonObject, JsonValue } from '@backstage/types';
import { SourceError } from '../../lib/errors';
import { isObject } from '../../lib/values';
import { type PreparedSource, prepareSource } from '../prepareSources';
import type {
  Call,
  CandidateMethods,
  CandidateSettings,
  Evaluated,
  Prepared,
  Reply,
} from './protocol';

/** More would fill the memory of the backend. In characters. */
const MAX_RESULT = 32_000_000;

class CandidateMapper implements CandidateMethods {
  #source: PreparedSource | undefined;

  async prepare({
    settings,
    placeholders,
  }: CandidateSettings): Promise<Prepared> {
    const prepared = await prepareSource({
      settings,
      placeholders,
      extensions: { sources: new Map(), transformers: new Map() },
      now: () => new Date(),
    });
    if (prepared.type === 'faulty') {
      return prepared;
    }
    this.#source = prepared.source;
    return { type: 'ready', listPath: prepared.source.mapper.listPath };
  }

  selectRecords(given: JsonValue): Promise<JsonValue[]> {
    return this.#source!.mapper.selectRecords(given);
  }

  async evaluate(record: JsonValue): Promise<Evaluated> {
    const { mapper, checkRecord } = this.#source!;
    const recordId = await mapper.recordId(record);
    if (recordId === undefined) {
      return isObject(record) ? { noId: await mapper.explainNoId(record) } : {};
    }
    const refused = checkRecord?.(record as JsonObject, recordId) ?? [];
    return {
      recordId,
      outcome:
        refused.length > 0
          ? { type: 'failed', problems: refused }
          : await mapper.map(record as JsonObject, recordId),
      unfound: await mapper.unfound?.(record as JsonObject),
    };
  }

  async explain(record: JsonObject) {
    return (await this.#source!.mapper.explain?.(record)) ?? [];
  }
}

/** The process of a candidate: it maps records until its parent ends it. */
export function serveCandidate(): void {
  const methods = new CandidateMapper();
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
