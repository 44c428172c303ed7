import type { ErrorObject } from 'ajv';
import { quote } from '../fault';
import { keysOfPointer, pathOfKeys } from '../schemaError';

const LONGEST_TEXT = 300;
const MOST_VALUES = 10;

/** What a schema finds wrong: where in the record, and why by the schema's own words. Never the value. */
export function describeError(error: ErrorObject): {
  path: string;
  reason: string;
} {
  const { keyword, instancePath, params, propertyName } = error;
  const key: string | undefined =
    propertyName ??
    params.missingProperty ??
    params.additionalProperty ??
    params.unevaluatedProperty ??
    params.propertyName;
  const keys = keysOfPointer(instancePath);
  const path = pathOfKeys(key === undefined ? keys : [...keys, key]);
  return {
    path: cut(path),
    reason: `${cut(reasonOf(error))} (schema: ${keyword})`,
  };
}

function reasonOf({ keyword, message, params }: ErrorObject): string {
  switch (keyword) {
    case 'required':
      return 'is missing';
    case 'additionalProperties':
    case 'unevaluatedProperties':
      return 'is a field that the schema does not have';
    case 'propertyNames':
      return 'has a name that the schema does not allow';
    case 'const':
      return `must be ${quote(params.allowedValue)}`;
    case 'enum':
      return `must be one of ${listOf(params.allowedValues)}`;
    default:
      return message ?? 'does not conform';
  }
}

function listOf(values: unknown[]): string {
  const shown = values.slice(0, MOST_VALUES).map(quote).join(', ');
  return values.length > MOST_VALUES ? `${shown}, …` : shown;
}

function cut(text: string): string {
  return text.length > LONGEST_TEXT ? `${text.slice(0, LONGEST_TEXT)}…` : text;
}
