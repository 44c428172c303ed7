import { InputError, toError } from '@backstage/errors';
import { durationToMilliseconds } from '@backstage/types';
import { suggest } from '../config/messages';
import type { SourceSettings } from '../config/source';
import type { SourceExtensions } from '../extension';
import type { RecordMapper } from '../mapping/RecordMapper';
import { createAnswerReader } from '../mapping/createAnswerReader';
import { createRecordMapper } from '../mapping/createRecordMapper';
import { createEntityMapper } from '../mapping/createEntityMapper';
import {
  createTransformerMapper,
  type RecordTransformer,
} from '../mapping/createTransformerMapper';
import type { SettingFault } from '../mapping/findExpressionFaults';
import { compileLinear } from '../mapping/regexEngine';
import type { RecordSource } from '../sources/RecordSource';
import {
  type CustomRecordSource,
  CustomSourceReader,
} from '../sources/customRecordSource';
import { HttpRecordSource } from '../sources/http/HttpRecordSource';
import { createEntityValidator } from '../validation/createEntityValidator';
import {
  compileRecordSchema,
  readSchemaFile,
} from '../validation/recordSchema';

export interface PartsOptions {
  settings: SourceSettings;
  placeholders: string[];
  extensions: SourceExtensions;
  now: () => Date;
  /** Sends the requests for records. Default: the `fetch` of the process. */
  fetch?: typeof fetch;
}

export type SourceParts = ReturnType<typeof createSourceParts>;

/**
 * What fetches, checks, maps and validates the records of a source. Throws for
 * whatever about that cannot be used.
 */
export function createSourceParts(options: PartsOptions) {
  const { settings, placeholders } = options;
  const transformer = findTransformer(options);
  const mapper = createMapper(settings, transformer);
  const { schema, checkRecord } = compileSchema(options);
  return {
    source: createRecordSource(options, mapper),
    mapper,
    checkRecord,
    validateEntity: createEntityValidator({ ...settings, placeholders }),
    shape: {
      schema,
      placeholders,
      transformer: transformer && `${transformer.name} ${transformer.version}`,
    },
  };
}

/** What is wrong with the code and the schema of a source, all at once. */
export function findPartFaults(options: PartsOptions): SettingFault[] {
  const parts = {
    type: findCustomSource,
    transformer: findTransformer,
    schema: compileSchema,
  };
  return Object.entries(parts).flatMap(([setting, create]) => {
    try {
      create(options);
      return [];
    } catch (error) {
      return [{ setting, reason: toError(error).message }];
    }
  });
}

function createMapper(
  settings: SourceSettings,
  transformer: RecordTransformer | undefined,
): RecordMapper {
  if (settings.type === 'push') {
    return createEntityMapper(settings);
  }
  return transformer
    ? createTransformerMapper(settings, transformer)
    : createRecordMapper(settings);
}

function compileSchema({ settings }: PartsOptions) {
  const schema =
    typeof settings.schema === 'string'
      ? readSchemaFile(settings.schema)
      : settings.schema;
  const checkRecord =
    schema &&
    compileRecordSchema(settings.name, schema, (pattern, flags) =>
      compileLinear(new RegExp(pattern, flags)),
    );
  return { schema, checkRecord };
}

/** What reads the records of a source, with the mapper that finds them in an answer. */
export function createRecordSource(
  options: PartsOptions,
  mapper: RecordMapper,
): RecordSource {
  const { settings, now } = options;
  if (settings.type === 'custom') {
    return new CustomSourceReader(findCustomSource(options)!);
  }
  if (settings.type === 'push') {
    return new CustomSourceReader(withoutTables(settings));
  }
  const { pagination, complete: text } = settings;
  const next = 'next' in pagination ? pagination.next : undefined;
  const cursor = createAnswerReader(
    settings,
    { key: 'pagination.next', text: next },
    mapper,
  );
  const complete = createAnswerReader(
    settings,
    { key: 'complete', text },
    mapper,
  );
  return new HttpRecordSource({
    settings,
    selectRecords: answer => mapper.selectRecords(answer),
    listPath: mapper.listPath,
    readsWhole: cursor?.needsWhole || complete?.needsWhole,
    readCursor: cursor?.read,
    readComplete: complete?.read,
    timeLimitMs: durationToMilliseconds(settings.schedule.timeout),
    now,
    fetch: options.fetch,
  });
}

/** What was pushed is in the tables, which not every process has. */
function withoutTables({ name }: SourceSettings): CustomRecordSource {
  return {
    name,
    list() {
      throw new InputError('it is given its entities, and has no list to read');
    },
  };
}

function findCustomSource({ settings, extensions }: PartsOptions) {
  const { type, name } = settings;
  return type === 'custom'
    ? findAdded(
        extensions.sources,
        name,
        `is "custom", and no module has added a source of the name "${name}" through customDataExtensionPoint.addSource`,
      )
    : undefined;
}

function findTransformer({ settings, extensions }: PartsOptions) {
  const { transformer: name } = settings;
  return name === undefined
    ? undefined
    : findAdded(
        extensions.transformers,
        name,
        `is "${name}", and no module has added it through customDataExtensionPoint.addTransformer`,
      );
}

function findAdded<T>(added: Map<string, T>, name: string, missing: string): T {
  const found = added.get(name);
  if (!found) {
    throw new InputError(`${missing}; ${suggest(name, [...added.keys()])}`);
  }
  return found;
}
