import {
  DEFAULT_NAMESPACE,
  KubernetesValidatorFunctions,
  parseEntityRef,
  stringifyEntityRef,
} from '@backstage/catalog-model';
import type { JsonObject, JsonValue } from '@backstage/types';
import { z } from 'zod';
import { DEPLOYED_AT_PREFIX, DEPLOYED_VERSION_PREFIX } from '../lib/keys';
import { isObject } from '../lib/values';
import { block, checkedText, list, text, textThat } from './primitives';

const API_VERSION = 'backstage.io/v1alpha1';

/** The mapping of a source that gives none: `{ serviceId, team }` becomes a Component. */
export const DEFAULT_TEMPLATE = {
  apiVersion: API_VERSION,
  kind: 'Component',
  metadata: {
    name: '${{ serviceId }}',
    annotations: { 'custom/owner': '${{ team }}' },
  },
  spec: {
    type: 'service',
    lifecycle: 'production',
    owner: 'group:${{ team }}',
  },
};

const template = block({
  apiVersion: text().prefault(API_VERSION),
  kind: text(),
  metadata: z.looseObject({ name: text() }),
  spec: z.looseObject({}).optional(),
});

/** One template or a list of them, always read as a list. */
export const entityTemplates = z
  .union([template, list(template)])
  .transform(value => [value].flat() as JsonObject[]);

/** Kinds as the catalog spells them, whatever their case in the configuration. */
export const KINDS = [
  'API',
  'Component',
  'Domain',
  'Group',
  'Location',
  'Resource',
  'System',
  'Template',
  'User',
];

export const kind = textThat(
  KubernetesValidatorFunctions.isValidKind,
  'a kind; try "Component"',
).transform(
  value =>
    KINDS.find(known => known.toLowerCase() === value.toLowerCase()) ?? value,
);

export const namespace = textThat(
  KubernetesValidatorFunctions.isValidNamespace,
  'a namespace; use a-z, 0-9 and "-", such as "default"',
);

export const objectName = textThat(
  KubernetesValidatorFunctions.isValidObjectName,
  'the name of an entity; use at most 63 of a-z, A-Z, 0-9, "-", "_" and "."',
);

export const annotationKey = textThat(
  KubernetesValidatorFunctions.isValidAnnotationKey,
  'the key of an annotation; try "example.com/service-id"',
);

/** The ref of a group unless it names another kind, in its full form. */
export const ownerRef = textThat(
  value => fullEntityRef(value, 'group') !== undefined,
  'an entity ref; try "group:default/platform"',
).transform(value => fullEntityRef(value, 'group')!);

/** An entity ref in its full form; undefined for a text that is none. */
export function fullEntityRef(
  value: string,
  defaultKind?: string,
  defaultNamespace?: string,
): string | undefined {
  try {
    const ref = parseEntityRef(value, { defaultKind, defaultNamespace });
    return KubernetesValidatorFunctions.isValidKind(ref.kind) &&
      KubernetesValidatorFunctions.isValidNamespace(
        ref.namespace.toLowerCase(),
      ) &&
      KubernetesValidatorFunctions.isValidObjectName(ref.name)
      ? stringifyEntityRef(ref)
      : undefined;
  } catch {
    return undefined;
  }
}

/** The ref of what may be no entity; undefined where its parts are not those of one. */
export function refOfEntity(entity: JsonValue | undefined): string | undefined {
  const { kind: ofKind, metadata } = isObject(entity) ? entity : {};
  const { name, namespace: within = DEFAULT_NAMESPACE } = isObject(metadata)
    ? metadata
    : {};
  return [ofKind, within, name].every(part => typeof part === 'string')
    ? fullEntityRef(`${ofKind}:${within}/${name}`)
    : undefined;
}

/** Of an environment, its target and a dot between: after its `/`, the key of an annotation has at most 63 characters. */
export const MAX_DESTINATION_LENGTH = Math.min(
  ...[DEPLOYED_VERSION_PREFIX, DEPLOYED_AT_PREFIX].map(
    prefix => 63 - (prefix.length - prefix.indexOf('/') - 1),
  ),
);

const ENVIRONMENT = /^[A-Za-z0-9]([A-Za-z0-9_.-]*[A-Za-z0-9])?$/;

export const environment = checkedText(environmentFault);

/** Why an environment or a target cannot have this name, or undefined where it can. */
export function environmentFault(name: string): string | undefined {
  if (name.length > MAX_DESTINATION_LENGTH) {
    return `must have at most ${MAX_DESTINATION_LENGTH} characters`;
  }
  return ENVIRONMENT.test(name)
    ? undefined
    : 'becomes part of an annotation: letters, digits, "-", "_" and ".", the first and the last a letter or a digit';
}
