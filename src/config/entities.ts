import {
  KubernetesValidatorFunctions,
  parseEntityRef,
  stringifyEntityRef,
} from '@backstage/catalog-model';
import type { JsonObject } from '@backstage/types';
import { z } from 'zod';
import { chosenBy } from './chosenBy';
import { block, list } from './containers';
import { checkedText, quote, text } from './values';

const API_VERSION = 'backstage.io/v1alpha1';

/** The mapping of a source that gives none: `{ serviceId, team }` becomes a Component. */
export const DEFAULT_ID = 'serviceId';
export const DEFAULT_ENTITY: JsonObject = {
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

const entityTemplate = block({
  apiVersion: text().default(API_VERSION),
  kind: text(),
  metadata: z.looseObject({ name: text() }),
  spec: z.looseObject({}).optional(),
});

const templateList = list(entityTemplate);

/** One template or a list of them, always read as a list. */
export const entityTemplates = chosenBy<unknown>(value =>
  Array.isArray(value) ? templateList : entityTemplate,
).transform(value => [value].flat() as JsonObject[]);

/** Kinds as the catalog spells them, whatever their case in the configuration. */
const KINDS = [
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

export const kind = checkedText(value =>
  KubernetesValidatorFunctions.isValidKind(value)
    ? undefined
    : `${quote(value)} is not a kind; try "Component"`,
).transform(
  value =>
    KINDS.find(known => known.toLowerCase() === value.toLowerCase()) ?? value,
);

export const namespace = checkedText(value =>
  KubernetesValidatorFunctions.isValidNamespace(value)
    ? undefined
    : `${quote(
        value,
      )} is not a namespace; use a-z, 0-9 and "-", such as "default"`,
);

export const entityName = checkedText(value =>
  KubernetesValidatorFunctions.isValidObjectName(value)
    ? undefined
    : `${quote(
        value,
      )} is not the name of an entity; use at most 63 of a-z, A-Z, 0-9, "-", "_" and "."`,
);

export const annotationKey = checkedText(value =>
  KubernetesValidatorFunctions.isValidAnnotationKey(value)
    ? undefined
    : `${quote(
        value,
      )} is not the key of an annotation; try "example.com/service-id"`,
);

/** The ref of a group unless it names another kind, in its full form. */
export const ownerRef = checkedText(value =>
  isEntityRef(value, 'group')
    ? undefined
    : `${quote(value)} is not an entity ref; try "group:default/platform"`,
).transform(value =>
  stringifyEntityRef(parseEntityRef(value, { defaultKind: 'group' })),
);

export function isEntityRef(value: string, defaultKind?: string): boolean {
  try {
    const ref = parseEntityRef(value, { defaultKind });
    return (
      KubernetesValidatorFunctions.isValidKind(ref.kind) &&
      KubernetesValidatorFunctions.isValidNamespace(
        ref.namespace.toLowerCase(),
      ) &&
      KubernetesValidatorFunctions.isValidObjectName(ref.name)
    );
  } catch {
    return false;
  }
}
