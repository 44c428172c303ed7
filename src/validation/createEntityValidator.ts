import {
  DEFAULT_NAMESPACE,
  type Entity,
  KubernetesValidatorFunctions,
  stringifyEntityRef,
} from '@backstage/catalog-model';
import type { JsonObject } from '@backstage/types';
import type { SourceSettings } from '../config/settings';
import type { Problem } from '../lib/problem';
import { annotationFaults } from './annotationFaults';
import type { Fault } from './fault';
import { type Allowed, identityFaults } from './identityFaults';
import { kindFaults, policyFaults } from './kindFaults';
import { compileKinds } from './knownKinds';
import { linkFaults } from './linkFaults';
import { isObject, plainCopy } from './plainCopy';
import { missingAnnotations } from './requiredAnnotations';
import { reservedFaults } from './reservedFaults';
import { tagFaults } from './tagFaults';

export type ValidateOutcome =
  | { type: 'valid'; entity: Entity; problems?: Problem[] }
  | { type: 'invalid'; problems: Problem[] };

/** Whether something mapped is an entity that the catalog takes and its source may emit. */
export interface EntityValidator {
  validate(candidate: JsonObject, recordId: string): Promise<ValidateOutcome>;
}

const NO_ENTITY: Fault = {
  code: 'entity-invalid',
  path: '',
  reason: 'is not an object, or nests too deep',
};

/**
 * Judges what was mapped: whether the catalog takes it, and whether its source
 * may emit it (external data is untrusted).
 */
export function createEntityValidator(
  settings: Pick<SourceSettings, 'name' | 'kinds' | 'namespaces'> &
    Partial<Pick<SourceSettings, 'requiredAnnotations'>>,
): EntityValidator {
  const { name: source, namespaces, requiredAnnotations = [] } = settings;
  const kinds = new Map(settings.kinds.map(kind => [kind.toLowerCase(), kind]));
  compileKinds(settings.kinds);
  const rules: Rules = {
    allowed: { kinds, namespaces },
    requiredAnnotations,
  };
  return {
    async validate(candidate, recordId) {
      const copy = copyOf(candidate);
      if (!copy) {
        return toOutcome({ entity: {}, faults: [NO_ENTITY], source, recordId });
      }
      const entity = asSpelt(copy, kinds);
      const faults = await findFaults(entity, rules);
      return toOutcome({ entity, faults, source, recordId });
    },
  };
}

function copyOf(candidate: unknown): JsonObject | undefined {
  try {
    return isObject(candidate) ? plainCopy(candidate) : undefined;
  } catch (error) {
    if (error instanceof RangeError) {
      return undefined;
    }
    throw error;
  }
}

function asSpelt(entity: JsonObject, kinds: Map<string, string>): JsonObject {
  const { kind } = entity;
  const spelt =
    typeof kind === 'string' ? kinds.get(kind.toLowerCase()) : undefined;
  return spelt ? { ...entity, kind: spelt } : entity;
}

interface Rules {
  allowed: Allowed;
  requiredAnnotations: string[];
}

async function findFaults(
  entity: JsonObject,
  { allowed, requiredAnnotations }: Rules,
): Promise<Fault[]> {
  const metadata = isObject(entity.metadata) ? entity.metadata : {};
  const faults = [
    ...identityFaults(entity, allowed),
    ...reservedFaults(entity),
    ...annotationFaults(metadata),
    ...missingAnnotations(metadata, requiredAnnotations),
    ...tagFaults(metadata),
    ...linkFaults(metadata),
  ];
  const more = (await kindFaults(entity)).filter(
    ({ path }) => !faults.some(told => isWithin(path, told.path)),
  );
  const all = [...faults, ...more];
  return all.length ? all : policyFaults(entity as unknown as Entity);
}

function isWithin(path: string, parent: string): boolean {
  return (
    path.startsWith(parent) &&
    ['', '.', '['].includes(path.charAt(parent.length))
  );
}

function toOutcome(options: {
  entity: JsonObject;
  faults: Fault[];
  source: string;
  recordId: string;
}): ValidateOutcome {
  const { entity, faults, source, recordId } = options;
  if (!faults.length) {
    return { type: 'valid', entity: entity as unknown as Entity };
  }
  const entityRef = refOf(entity);
  const toProblem = ({ code, path, reason, value }: Fault): Problem => ({
    code,
    severity: 'error',
    recordId,
    ...(entityRef && { entityRef }),
    ...(path && { path }),
    message: `Record "${recordId}" of source "${source}": ${
      path || 'the entity'
    } ${reason}`,
    ...(value !== undefined && { value }),
  });
  return { type: 'invalid', problems: faults.map(toProblem) };
}

function refOf({ kind, metadata }: JsonObject): string | undefined {
  const { name, namespace = DEFAULT_NAMESPACE } = isObject(metadata)
    ? metadata
    : {};
  // What is no ref would not fit where refs are kept.
  return isKind(kind) && isName(name) && isName(namespace)
    ? stringifyEntityRef({ kind, namespace, name })
    : undefined;
}

function isKind(value: unknown): value is string {
  return KubernetesValidatorFunctions.isValidKind(value);
}

function isName(value: unknown): value is string {
  return KubernetesValidatorFunctions.isValidObjectName(value);
}
