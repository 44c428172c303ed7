import {
  apiEntityV1alpha1Validator,
  componentEntityV1alpha1Validator,
  domainEntityV1alpha1Validator,
  type Entity,
  entitySchemaValidator,
  FieldFormatEntityPolicy,
  groupEntityV1alpha1Validator,
  type KindValidator,
  locationEntityV1alpha1Validator,
  resourceEntityV1alpha1Validator,
  systemEntityV1alpha1Validator,
  userEntityV1alpha1Validator,
} from '@backstage/catalog-model';
import type { JsonObject } from '@backstage/types';
import { quoteValue } from '../lib/values';
import { type Fault, keysOfPointer, pathOfKeys, valueAt } from './faults';

/** The kinds that the catalog itself validates, by their name in lower case. */
const KNOWN_KINDS = new Map<string, KindValidator>([
  ['api', apiEntityV1alpha1Validator],
  ['component', componentEntityV1alpha1Validator],
  ['domain', domainEntityV1alpha1Validator],
  ['group', groupEntityV1alpha1Validator],
  ['location', locationEntityV1alpha1Validator],
  ['resource', resourceEntityV1alpha1Validator],
  ['system', systemEntityV1alpha1Validator],
  ['user', userEntityV1alpha1Validator],
]);

const checkSharedSchema = entitySchemaValidator();

/**
 * What the catalog's schema finds wrong, which is its first error. A kind of
 * another plugin is checked with the schema that all entities share.
 */
export async function kindFaults(entity: JsonObject): Promise<Fault[]> {
  const { kind } = entity;
  const validator =
    typeof kind === 'string' ? KNOWN_KINDS.get(kind.toLowerCase()) : undefined;
  try {
    if (!validator) {
      checkSharedSchema(entity);
      return [];
    }
    return (await validator.check(entity as unknown as Entity))
      ? []
      : [unknownVersion(entity)];
  } catch (error) {
    return [readSchemaError((error as Error).message, entity)];
  }
}

function unknownVersion({ apiVersion, kind }: JsonObject): Fault {
  return {
    code: 'entity-invalid',
    path: 'apiVersion',
    reason: `is ${quoteValue(
      apiVersion,
    )}, and the catalog does not know the kind ${quoteValue(
      kind,
    )} in this version; write "backstage.io/v1alpha1", and the kind as the catalog spells it`,
  };
}

/** A message such as `/spec/owner must be string - type: string`. */
const SCHEMA_ERROR = /^(<root>|\/.*?) (must .*?)(?: - (\w+): (.*))?$/s;
/** On a fault of the schema. */
export const ADVICE =
  'check its expression in the entity template, and what the record has there';

/** What the message of the catalog's own schema validator says. */
function readSchemaError(message: string, entity: JsonObject): Fault {
  const code = 'entity-invalid';
  const match = SCHEMA_ERROR.exec(message);
  if (!match) {
    return { code, path: '', reason: message, advice: ADVICE };
  }
  const [, pointer, text, parameter, value] = match;
  const keys = pointer === '<root>' ? [] : keysOfPointer(pointer);
  if (parameter === 'missingProperty') {
    const path = pathOfKeys([...keys, value]);
    return { code, path, reason: 'is missing', advice: ADVICE };
  }
  if (parameter === 'additionalProperty') {
    const path = pathOfKeys([...keys, value]);
    return { code, path, reason: 'is not known here', advice: ADVICE };
  }
  return {
    code,
    path: pathOfKeys(keys),
    reason: parameter === 'allowedValues' ? `must be one of ${value}` : text,
    advice: ADVICE,
    value: quoteValue(valueAt(entity, keys)),
  };
}

const format = new FieldFormatEntityPolicy();

/** The first error of the catalog's own policy for formats. */
export async function policyFaults(entity: JsonObject): Promise<Fault[]> {
  try {
    await format.enforce(entity as unknown as Entity);
    return [];
  } catch (error) {
    // The message ends in the value, which must not be logged.
    const [reason, value] = (error as Error).message.split(/ but found (.*)/s);
    return [
      { code: 'entity-invalid', path: '', reason, value: quoteValue(value) },
    ];
  }
}
