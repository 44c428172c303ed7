import { makeValidator } from '@backstage/catalog-model';
import type { JsonObject, JsonValue } from '@backstage/types';
import { fieldPath } from '../model/fieldPath';
import { DEPLOYED_AT_PREFIX, DEPLOYED_VERSION_PREFIX } from '../model/keys';
import { quote, type Fault } from './fault';
import { isObject } from './plainCopy';
import { isScriptUrl } from './urls';

const {
  isValidAnnotationKey,
  isValidAnnotationValue,
  isValidLabelKey,
  isValidLabelValue,
} = makeValidator();

const OWN_PREFIXES = [DEPLOYED_VERSION_PREFIX, DEPLOYED_AT_PREFIX];
const KEY_ADVICE =
  'use a name of letters, digits, "-", "_" and ".", after a domain and "/" where wanted, such as "example.com/owner"';

/** Labels and annotations: what stands there, and what only the catalog or we may write. */
export function annotationFaults(metadata: JsonObject): Fault[] {
  return [
    ...entriesOf(metadata, 'labels').map(labelFault),
    ...entriesOf(metadata, 'annotations').map(annotationFault),
  ].filter(fault => fault !== undefined);
}

interface Entry {
  path: string;
  key: string;
  value: JsonValue | undefined;
}

function entriesOf(metadata: JsonObject, field: string): Entry[] {
  const members = metadata[field];
  return isObject(members)
    ? Object.entries(members).map(([key, value]) => ({
        path: fieldPath(`metadata.${field}`, key),
        key,
        value,
      }))
    : [];
}

function labelFault({ path, key, value }: Entry): Fault | undefined {
  if (isReserved(key)) {
    return reserved(path);
  }
  if (!isValidLabelKey(key)) {
    return invalid(path, `is not a valid key; ${KEY_ADVICE}`);
  }
  return isValidLabelValue(value)
    ? undefined
    : invalid(
        path,
        `is ${quote(
          value,
        )}; a label takes letters and digits with "-", "_" or "." between them, at most 63 characters; an annotation takes any text`,
      );
}

function annotationFault({ path, key, value }: Entry): Fault | undefined {
  if (isReserved(key)) {
    return reserved(path);
  }
  if (!isValidAnnotationKey(key)) {
    return invalid(path, `is not a valid key; ${KEY_ADVICE}`);
  }
  if (typeof value !== 'string' || !isValidAnnotationValue(value)) {
    return invalid(
      path,
      `is ${quote(value)}, and not a text; write $string(…) around it`,
    );
  }
  return isScriptUrl(value)
    ? {
        code: 'annotation-not-allowed',
        path,
        reason: `is ${quote(
          value,
        )}; a javascript:, vbscript: or data: URL is not allowed`,
      }
    : undefined;
}

function isReserved(key: string): boolean {
  const lowerCase = key.toLowerCase();
  const [domain] = lowerCase.split('/');
  return (
    domain === 'backstage.io' ||
    domain.endsWith('.backstage.io') ||
    OWN_PREFIXES.some(prefix => lowerCase.startsWith(prefix))
  );
}

function reserved(path: string): Fault {
  return {
    code: 'annotation-not-allowed',
    path,
    reason:
      'is reserved: external data sets no key of backstage.io and none that tells of deployments; use a domain of your own',
  };
}

function invalid(path: string, reason: string): Fault {
  return { code: 'entity-invalid', path, reason };
}
