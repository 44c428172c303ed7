import type { JsonObject, JsonValue } from '@backstage/types';
import { SourceError } from '../model/errors';
import type { SourceSettings } from '../model/settings';
import type { RecordSource, Validators } from '../model/source';
import { fetchAnswer } from './fetchAnswer';
import { buildRecordUrl } from './recordUrl';

export interface HttpRecordSourceOptions {
  settings: Pick<
    SourceSettings,
    'name' | 'url' | 'recordUrl' | 'headers' | 'request'
  >;
  /** Finds the list inside an answer; throws a `SourceError` of code `shape` where there is none. */
  selectRecords: (answer: JsonValue) => Promise<JsonValue[]>;
  /** What a `Retry-After` date is compared with. */
  now: () => Date;
}

/**
 * A `RecordSource` over HTTP: one conditional GET for a list or a record,
 * through the `fetch` of the process, and so through its proxy.
 *
 * Beside a `SourceError`, `read` throws an `InputError` for a record id that
 * would leave the template's path.
 */
export function createHttpRecordSource(
  options: HttpRecordSourceOptions,
): RecordSource {
  const { settings, selectRecords, now } = options;
  const get = (request: {
    url: string;
    validators?: Validators;
    signal: AbortSignal;
  }) =>
    fetchAnswer({
      ...request,
      source: settings.name,
      headers: settings.headers,
      request: settings.request,
      now,
    });

  return {
    async list({ validators, signal }) {
      const answer = await get({ url: settings.url, validators, signal });
      if (answer.type === 'not-found') {
        throw answer.error;
      }
      if (answer.type === 'not-modified') {
        return answer;
      }
      const records = await selectRecords(answer.value);
      return { type: 'records', records, validators: answer.validators };
    },

    async read({ recordId, validators, signal }) {
      const { href } = buildRecordUrl({
        template: settings.recordUrl,
        recordId,
      });
      const answer = await get({ url: href, validators, signal });
      if (answer.type === 'not-found') {
        return { type: 'not-found' };
      }
      if (answer.type === 'not-modified') {
        return answer;
      }
      if (!isObject(answer.value)) {
        throw new SourceError(
          `source '${settings.name}': the answer for record '${recordId}' is ` +
            `no JSON object; check 'recordUrl'`,
          { code: 'shape' },
        );
      }
      const { value: record, validators: fresh } = answer;
      return { type: 'record', record, validators: fresh };
    },
  };
}

function isObject(value: JsonValue): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
