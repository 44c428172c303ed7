import { InputError } from '@backstage/errors';
import { durationToMilliseconds } from '@backstage/types';
import type { SourceSettings } from '../config/source';
import type { Extensions } from '../extension';
import type { RecordMapper } from '../mapping/RecordMapper';
import { createAnswerReader } from '../mapping/createAnswerReader';
import { createRecordMapper } from '../mapping/createRecordMapper';
import { createTransformerMapper } from '../mapping/createTransformerMapper';
import { compileLinear } from '../mapping/regexEngine';
import type { RecordSource } from '../sources/RecordSource';
import { CustomSourceReader } from '../sources/customRecordSource';
import { HttpRecordSource } from '../sources/http/HttpRecordSource';
import { createEntityValidator } from '../validation/createEntityValidator';
import {
  compileRecordSchema,
  readSchemaFile,
} from '../validation/recordSchema';

interface PartsOptions {
  settings: SourceSettings;
  placeholders: string[];
  extensions: Extensions;
  now: () => Date;
}

export type SourceParts = ReturnType<typeof createSourceParts>;

/**
 * What fetches, checks, maps and validates the records of a source. Throws for
 * whatever about that cannot be used.
 */
export function createSourceParts(options: PartsOptions) {
  const { settings, placeholders } = options;
  const { name: source } = settings;
  const transformer = findTransformer(options);
  const mapper = transformer
    ? createTransformerMapper(settings, transformer)
    : createRecordMapper(settings);
  const schema =
    typeof settings.schema === 'string'
      ? readSchemaFile(source, settings.schema)
      : settings.schema;
  return {
    source: createRecordSource(options, mapper),
    mapper,
    checkRecord:
      schema &&
      compileRecordSchema(source, schema, (pattern, flags) =>
        compileLinear(new RegExp(pattern, flags)),
      ),
    validateEntity: createEntityValidator({ ...settings, placeholders }),
    shape: {
      schema,
      placeholders,
      transformer: transformer && `${transformer.name} ${transformer.version}`,
    },
  };
}

function createRecordSource(
  { settings, extensions, now }: PartsOptions,
  mapper: RecordMapper,
): RecordSource {
  if (settings.type === 'custom') {
    const custom = extensions.sources.get(settings.name);
    if (!custom) {
      throw new InputError(
        `type is "custom", and no module has added a source of the name ` +
          `"${settings.name}" through customDataExtensionPoint.addSource; ` +
          `there are ${known(extensions.sources)}`,
      );
    }
    return new CustomSourceReader(custom);
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
  });
}

function findTransformer({ settings, extensions }: PartsOptions) {
  const { transformer: name } = settings;
  if (name === undefined) {
    return undefined;
  }
  const transformer = extensions.transformers.get(name);
  if (!transformer) {
    throw new InputError(
      `transformer is "${name}", and no module has added it through ` +
        `customDataExtensionPoint.addTransformer; there are ` +
        `${known(extensions.transformers)}`,
    );
  }
  return transformer;
}

function known(added: Map<string, unknown>): string {
  return added.size
    ? [...added.keys()].map(name => `"${name}"`).join(', ')
    : 'none';
}
