import { fieldPath } from '../lib/fieldPath';

/** What a schema of the catalog model finds wrong; it throws no more than its first error. */
export interface SchemaError {
  /** From the root of the entity to the field, the missing one included. */
  keys: string[];
  message: string;
  /** Of the rule that is broken, such as `type` or `missingProperty`. */
  params: Record<string, string>;
}

const SHAPE = /^(<root>|\/\S*) (.*?)(?: - (\w+: .*))?$/s;

/** Reads `/spec/owner must be string - type: string`; undefined for another message. */
export function parseSchemaError(message: string): SchemaError | undefined {
  const [, pointer, text, details] = SHAPE.exec(message) ?? [];
  if (pointer === undefined) {
    return undefined;
  }
  const params = Object.fromEntries(
    (details ?? '').split(/, (?=\w+: )/).map(detail => {
      const [key, ...value] = detail.split(': ');
      return [key, value.join(': ')];
    }),
  );
  const parents = pointer === '<root>' ? [] : keysOfPointer(pointer);
  return {
    keys: [...parents, params.missingProperty].filter(Boolean),
    message: text,
    params,
  };
}

/** The keys that a JSON pointer (RFC 6901) names, none of them for the root. */
export function keysOfPointer(pointer: string): string[] {
  return pointer
    .split('/')
    .slice(1)
    .map(key => key.replaceAll('~1', '/').replaceAll('~0', '~'));
}

export function pathOfKeys(keys: string[]): string {
  return keys.reduce(
    (path, key) => fieldPath(path, /^\d{1,9}$/.test(key) ? Number(key) : key),
    '',
  );
}
