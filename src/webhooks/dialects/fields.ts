import { isObject } from '../../lib/values';

/** The value at a path such as `deployment.sha`; what is null or empty counts as missing. */
export function valueAt(value: unknown, path: string): unknown {
  let found = value;
  for (const key of path.split('.')) {
    found = isObject(found) && Object.hasOwn(found, key) ? found[key] : null;
  }
  return found === null || found === '' ? undefined : found;
}

/** The same, where it is text. */
export function textAt(value: unknown, path: string): string | undefined {
  const found = valueAt(value, path);
  return typeof found === 'string' ? found : undefined;
}
