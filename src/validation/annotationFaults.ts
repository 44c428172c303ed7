import type { JsonObject, JsonValue } from '@backstage/types';
import { fieldPath } from '../lib/fieldPath';
import { DEPLOYED_AT_PREFIX, DEPLOYED_VERSION_PREFIX } from '../lib/keys';
import { catalogRules, remember } from './catalogRules';
import { type Fault, shown } from './fault';
import { isObject } from './plainCopy';
import { isScriptUrl } from './urls';

const OWN_PREFIXES = [DEPLOYED_VERSION_PREFIX, DEPLOYED_AT_PREFIX];
const KEY_ADVICE =
  'use a name of letters, digits, "-", "_" and ".", after a domain and "/" where wanted, such as "example.com/owner"';

const RESERVED: MemberFault = {
  code: 'annotation-not-allowed',
  reason:
    'is reserved: external data sets no key of backstage.io and none that tells of deployments; use a domain of your own',
};

const isReserved = remember(key => {
  const lowerCase = String(key).toLowerCase();
  const [domain] = lowerCase.split('/');
  return (
    domain === 'backstage.io' ||
    domain.endsWith('.backstage.io') ||
    OWN_PREFIXES.some(prefix => lowerCase.startsWith(prefix))
  );
});

/** Labels and annotations: what stands there, and what only the catalog or we may write. */
export function annotationFaults(metadata: JsonObject): Fault[] {
  return [
    ...faultsOf(metadata, 'labels', labelFault),
    ...faultsOf(metadata, 'annotations', annotationFault),
  ];
}

type MemberFault = Omit<Fault, 'path'>;

function faultsOf(
  metadata: JsonObject,
  field: string,
  judge: (key: string, value?: JsonValue) => MemberFault | undefined,
): Fault[] {
  const members = metadata[field];
  if (!isObject(members)) {
    return [];
  }
  return Object.keys(members).flatMap(key => {
    const fault = judge(key, members[key]);
    return fault ? { ...fault, path: fieldPath(`metadata.${field}`, key) } : [];
  });
}

function labelFault(key: string, value?: JsonValue): MemberFault | undefined {
  if (isReserved(key)) {
    return RESERVED;
  }
  if (!catalogRules.isValidLabelKey(key)) {
    return invalid(`is not a valid key; ${KEY_ADVICE}`);
  }
  return catalogRules.isValidLabelValue(value)
    ? undefined
    : invalid(
        'is not a valid label value; use letters and digits with "-", "_" or "." between them, at most 63 characters, or an annotation, which takes any text',
        value,
      );
}

function annotationFault(
  key: string,
  value?: JsonValue,
): MemberFault | undefined {
  if (isReserved(key)) {
    return RESERVED;
  }
  if (!catalogRules.isValidAnnotationKey(key)) {
    return invalid(`is not a valid key; ${KEY_ADVICE}`);
  }
  if (
    typeof value !== 'string' ||
    !catalogRules.isValidAnnotationValue(value)
  ) {
    return invalid('is not a text; write $string(…) around it', value);
  }
  return isScriptUrl(value)
    ? {
        code: 'annotation-not-allowed',
        reason:
          'is a javascript:, vbscript: or data: URL, which is not allowed; leave it out',
        value: shown(value),
      }
    : undefined;
}

function invalid(reason: string, value?: JsonValue): MemberFault {
  return { code: 'entity-invalid', reason, value: shown(value) };
}
