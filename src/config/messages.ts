import { closest, distance } from 'fastest-levenshtein';
import { z } from 'zod';
import { quoteValue } from '../lib/values';

export type ConfigPath = ReadonlyArray<string | number>;

/** One thing that is wrong, and where it stands in the configuration. */
export interface ConfigFault {
  /** From the root of the configuration. */
  path: ConfigPath;
  /** What is wrong and what to try; never a secret. */
  reason: string;
}

export type Parsed<T> =
  | { type: 'ok'; value: T }
  | { type: 'faulty'; faults: ConfigFault[] };

/** A source or sender that does nothing because of a fault in its configuration. */
export interface Misconfigured {
  name: string;
  /** The configuration key at fault, from the root. */
  key: string;
  /** What is wrong and what to try; never a secret. */
  reason: string;
}

/** Checks a value that stands at `path` against a schema. */
export function parse<T>(
  schema: z.ZodType<T>,
  value: unknown,
  path: ConfigPath,
): Parsed<T> {
  const result = schema.safeParse(value, { error: describeIssue });
  return result.success
    ? { type: 'ok', value: result.data }
    : {
        type: 'faulty',
        faults: result.error.issues.flatMap(issue => toFaults(issue, path)),
      };
}

/** Sums up the faults of what stands at `path`. */
export function toMisconfigured(
  name: string,
  path: ConfigPath,
  faults: ConfigFault[],
): Misconfigured {
  return sumUp(
    name,
    formatKey(path),
    faults.map(fault => ({
      setting: formatKey(fault.path.slice(path.length)),
      reason: fault.reason,
    })),
  );
}

/** Sums up faults of the settings of a key. Of several, each names its own in the reason. */
export function sumUp(
  name: string,
  key: string,
  faults: Array<{ setting: string; reason: string }>,
): Misconfigured {
  if (faults.length > 1) {
    return { name, key, reason: listFaults(faults) };
  }
  const [{ setting, reason }] = faults;
  const dot = setting === '' || setting.startsWith('[') ? '' : '.';
  return { name, key: `${key}${dot}${setting}`, reason };
}

export function listFaults(
  faults: Array<{ setting: string; reason: string }>,
): string {
  return faults
    .map(({ setting, reason }) => (setting ? `${setting}: ${reason}` : reason))
    .join('; ');
}

/** The configuration key at a path, such as `sources.registry.secrets[0].id`. */
export function formatKey(path: ConfigPath): string {
  return path
    .map(part => {
      if (typeof part === 'number') {
        return `[${part}]`;
      }
      return /^[\w-]+$/.test(part) ? `.${part}` : `[${JSON.stringify(part)}]`;
    })
    .join('')
    .replace(/^\./, '');
}

/** Of a union, it reports the first alternative that takes values of this type. */
function toFaults(issue: z.core.$ZodIssue, path: ConfigPath): ConfigFault[] {
  const at = [...path, ...(issue.path as ConfigPath)];
  if (issue.code !== 'invalid_union' || issue.errors.length === 0) {
    return [{ path: at, reason: issue.message }];
  }
  const alternative =
    issue.errors.find(
      ([first]) => first.code !== 'invalid_type' || first.path.length > 0,
    ) ?? issue.errors[0];
  return alternative.flatMap(inner => toFaults(inner, at));
}

const EXPECTED: Record<string, string> = {
  array: 'a list',
  boolean: 'true or false',
  number: 'a number',
  object: 'a map of keys and values',
  record: 'a map of keys and values',
  string: 'a string',
};

/** Names types only: a secret may stand in the wrong place. */
export function describeIssue(issue: z.core.$ZodRawIssue): string | undefined {
  if (issue.code === 'invalid_type') {
    return describeType(issue.input, issue.expected);
  }
  if (issue.code === 'invalid_union' && issue.discriminator) {
    const given = (issue.input as Record<string, unknown>)[issue.discriminator];
    return typeof given === 'string'
      ? describeChoice(issue.options as unknown[])
      : describeType(given, 'string');
  }
  return issue.code === 'invalid_value'
    ? describeChoice(issue.values)
    : undefined;
}

function describeType(value: unknown, expected: string): string {
  if (value === undefined) {
    return 'is missing; an environment variable that is not set makes its key vanish';
  }
  const type = z.core.util.parsedType(value);
  const given = type === 'boolean' ? 'a boolean' : EXPECTED[type] ?? type;
  return `must be ${EXPECTED[expected] ?? expected}, not ${given}`;
}

function describeChoice(values: readonly unknown[] = []): string {
  const known = values.filter(value => value !== undefined).map(quoteValue);
  const others = known.slice(0, -1).join(', ');
  return `must be ${others && `${others} or `}${known.at(-1)}`;
}

export function describeUnknownKey(
  key: string,
  known: readonly string[],
): string {
  return `unknown key ${quoteValue(key)}, ${suggest(key, known)}`;
}

/** What to try instead of a name that is not known. */
export function suggest(name: string, known: readonly string[]): string {
  if (known.length === 0) {
    return 'there are none';
  }
  const nearest = closest(name, known);
  return distance(name, nearest) <= Math.max(2, name.length / 2)
    ? `did you mean ${quoteValue(nearest)}?`
    : `known are ${known.map(quoteValue).join(', ')}`;
}
