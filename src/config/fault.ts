import type { z } from 'zod';
import type { Misconfigured } from './settings';

export type ConfigPath = ReadonlyArray<string | number>;

/** One thing that is wrong, and where it stands in the configuration. */
export interface Fault {
  /** From the root of the configuration. */
  path: ConfigPath;
  /** What is wrong and what to try; never a secret. */
  reason: string;
}

export type Parsed<T> =
  | { type: 'ok'; value: T }
  | { type: 'faulty'; faults: Fault[] };

/** Checks a value that stands at `path` against a schema. */
export function parse<T>(
  schema: z.ZodType<T>,
  value: unknown,
  path: ConfigPath,
): Parsed<T> {
  const result = schema.safeParse(value, { error: describeIssue });
  if (result.success) {
    return { type: 'ok', value: result.data };
  }
  const faults = result.error.issues.map(issue => ({
    path: [...path, ...(issue.path as ConfigPath)],
    reason: issue.message,
  }));
  return { type: 'faulty', faults };
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

/**
 * Sums up the faults of what stands at `path`. The key is the one at fault, or
 * with several faults the innermost that they share.
 */
export function toMisconfigured(options: {
  name: string;
  path: ConfigPath;
  faults: Fault[];
}): Misconfigured {
  const { name, path, faults } = options;
  if (faults.length === 1) {
    return { name, key: formatKey(faults[0].path), reason: faults[0].reason };
  }
  const shared = faults
    .map(fault => fault.path)
    .reduce((left, right) => sharedStart(left, right));
  const reasons = faults.map(fault => {
    const key = formatKey(fault.path.slice(path.length));
    return key ? `${key}: ${fault.reason}` : fault.reason;
  });
  return { name, key: formatKey(shared), reason: reasons.join('; ') };
}

function sharedStart(left: ConfigPath, right: ConfigPath): ConfigPath {
  const differs = left.findIndex((part, index) => part !== right[index]);
  return differs === -1 ? left : left.slice(0, differs);
}

const EXPECTED: Record<string, string> = {
  array: 'a list',
  boolean: 'true or false',
  number: 'a number',
  object: 'a map of keys and values',
  record: 'a map of keys and values',
  string: 'a string',
};

/** Names types only: whatever stands in the wrong place may be a secret. */
function describeIssue(issue: z.core.$ZodRawIssue): string | undefined {
  if (issue.code !== 'invalid_type') {
    return undefined;
  }
  if (issue.input === undefined) {
    return 'is missing; an environment variable that is not set makes its key vanish';
  }
  const expected = EXPECTED[issue.expected] ?? issue.expected;
  return `must be ${expected}, not ${nameType(issue.input)}`;
}

function nameType(value: unknown): string {
  if (value === null) {
    return 'null';
  }
  const type = Array.isArray(value) ? 'array' : typeof value;
  return type === 'boolean' ? 'a boolean' : EXPECTED[type] ?? type;
}
