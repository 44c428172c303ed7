import type { ConfigPath, Fault } from './fault';
import { quote } from './values';

const NAME = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;

/** The name of a source or sender becomes part of URLs, keys and task ids. */
export function findNameFaults(name: string, path: ConfigPath): Fault[] {
  const reason = describeBadName(name);
  return reason === undefined ? [] : [{ path, reason }];
}

export function describeBadName(name: string): string | undefined {
  return NAME.test(name)
    ? undefined
    : `${quote(
        name,
      )} cannot be a name here; use 1 to 63 of a-z, 0-9 and "-", with a letter or digit first and last`;
}
