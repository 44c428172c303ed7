import {
  entitySchemaValidator,
  FieldFormatEntityPolicy,
  NoForeignRootFieldsEntityPolicy,
  type Entity,
} from '@backstage/catalog-model';
import type { JsonObject } from '@backstage/types';
import { catalogRules } from './catalogRules';
import { quote, shown, type Fault } from './fault';
import { kindValidator } from './knownKinds';
import { schemaFaults } from './schemaFaults';

const checkEntitySchema = entitySchemaValidator();
const policies = [
  new FieldFormatEntityPolicy(catalogRules),
  new NoForeignRootFieldsEntityPolicy(),
];

/** Where a policy's message goes on with the value. */
const FOUND = / but found (.*)/s;

/** What the schema of the entity's kind says; of a custom kind, the schema that all entities share. */
export async function kindFaults(entity: JsonObject): Promise<Fault[]> {
  const { kind } = entity;
  const validator = typeof kind === 'string' ? kindValidator(kind) : undefined;
  let isKnown = true;
  const faults = await schemaFaults(entity, async candidate => {
    isKnown =
      !validator || (await validator.check(candidate as unknown as Entity));
    if (!validator || !isKnown) {
      checkEntitySchema(candidate);
    }
  });
  return isKnown ? faults : [...faults, unknownVersion(entity)];
}

function unknownVersion({ apiVersion, kind }: JsonObject): Fault {
  return {
    code: 'entity-invalid',
    path: 'apiVersion',
    reason: `is ${quote(
      apiVersion,
    )}, in which the catalog does not know the kind ${quote(
      kind,
    )}; write "backstage.io/v1alpha1", and the kind as the catalog spells it`,
  };
}

/** The catalog's own policies, for whatever they may ask beyond the checks that we spell out. */
export async function policyFaults(entity: Entity): Promise<Fault[]> {
  try {
    for (const policy of policies) {
      await policy.enforce(entity);
    }
    return [];
  } catch (error) {
    const { message } = error as Error;
    const [reason, value] = message.split(FOUND);
    return [{ code: 'entity-invalid', path: '', reason, value: shown(value) }];
  }
}
