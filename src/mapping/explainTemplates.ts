import type { JsonObject, JsonValue } from '@backstage/types';
import { GUARDED_FIELDS, type GuardedField } from '../config/guardedFields';
import { fieldPath, isObject } from '../lib/values';
import { quoteExpression } from './ExpressionError';
import type { FieldExplanation } from './RecordMapper';
import { type AstNode, listPath } from './ast';
import {
  type CompiledTemplates,
  evaluateExpressions,
  type Evaluations,
  type FillFault,
  type TemplateField,
  templatePath,
} from './compileTemplates';

const MAX_READS = 50;

/** For each template, how its texts with expressions are made from a record. */
export async function explainTemplates(
  { templates, expressions }: CompiledTemplates,
  record: JsonObject,
): Promise<FieldExplanation[][]> {
  const values = await evaluateExpressions(expressions, record);
  return templates.map(({ fields }, index) =>
    fields.map(field => ({
      ...explainField(field, values, record),
      path: withoutTemplate(field.path, index),
    })),
  );
}

/** `entity[0].metadata.name` is `metadata.name` in the entity. */
function withoutTemplate(path: string, index: number): string {
  return path.slice(templatePath(index).length).replace(/^\./, '');
}

function explainField(
  { text, expressions, fill }: TemplateField,
  values: Evaluations,
  record: JsonObject,
): Omit<FieldExplanation, 'path'> {
  const faults: FillFault[] = [];
  const value = fill(values, fault => faults.push(fault));
  const reads = new Map(
    expressions
      .flatMap(({ ast }) => pathsOf(ast))
      .map(names => readOf(record, names))
      .map(read => [read.path, read]),
  );
  return {
    expression: text,
    reads: [...reads.values()].slice(0, MAX_READS),
    ...(faults.length > 0
      ? { error: faults.map(describeFault).join('; ') }
      : shownValue(value)),
  };
}

function describeFault({ expression, reason, value }: FillFault): string {
  const shown = value === undefined ? '' : `: ${value}`;
  return `the expression ${quoteExpression(expression)} ${reason}${shown}`;
}

function readOf(record: JsonObject, names: string[]) {
  const path = names.reduce<string>(fieldPath, '') || '$';
  return { path, ...shownValue(valueAt(record, names)) };
}

const MAX_SHOWN = 1000;

/**
 * The value as it is, up to 1000 characters of JSON. A longer text is cut. A
 * longer object or list becomes the start of its JSON, as a text.
 */
function shownValue(value: JsonValue | undefined): { value?: JsonValue } {
  if (value === undefined) {
    return {};
  }
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return {
    value: text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN)}…` : value,
  };
}

/** The value at a path. If the path leads through a list, the values of all members. */
function valueAt(
  value: JsonValue | undefined,
  [name, ...rest]: string[],
): JsonValue | undefined {
  if (name === undefined) {
    return value;
  }
  if (Array.isArray(value)) {
    return value
      .flatMap(item => valueAt(item, [name, ...rest]))
      .filter(item => item !== undefined);
  }
  return isObject(value) && Object.hasOwn(value, name)
    ? valueAt(value[name], rest)
    : undefined;
}

/** The members of a node that are evaluated against another value than the node itself. */
const WITH_OTHER_INPUT = [
  'stages',
  'predicate',
  'group',
  'terms',
  'pattern',
  'update',
  'delete',
];

/** The same expressions are explained for many records. */
const knownPaths = new WeakMap<AstNode, string[][]>();

/**
 * The paths of the record that an expression names. Of each path it is the part
 * that is plain: of `links[type = "url"].href` it is `links`. `[]` is the whole
 * record. Names that are relative to another value, such as `type` in the
 * example, and names behind a variable are left out.
 */
export function pathsOf(ast: AstNode): string[][] {
  const paths = knownPaths.get(ast) ?? findPaths(ast);
  knownPaths.set(ast, paths);
  return paths;
}

function findPaths(ast: AstNode): string[][] {
  const found = new Map<string, string[]>();
  const seen = new Set<unknown>();
  const add = (names: string[]) => found.set(JSON.stringify(names), names);
  visit(ast, true);
  return [...found.values()];

  function visit(node: AstNode | null | undefined, isAtRecord: boolean): void {
    if (typeof node !== 'object' || node === null || seen.has(node)) {
      return;
    }
    seen.add(node);
    if (node.type === 'path') {
      visitPath(node, isAtRecord);
    } else if (isWholeRecord(node, isAtRecord)) {
      add([]);
    }
    visitMembers(node, isAtRecord);
  }

  function visitPath(node: AstNode, isAtRecord: boolean): void {
    const [first, ...others] = node.steps!;
    const isAnchored =
      first.type === 'name' ? isAtRecord : isRecord(first, isAtRecord);
    const path = isAnchored ? listPath(node) : undefined;
    if (path) {
      add(path.names);
      seen.add(first);
      visitMembers(first, false);
    } else {
      visit(first, isAtRecord);
    }
    others.forEach(step => visit(step, false));
  }

  function visitMembers(node: object, isAtRecord: boolean): void {
    for (const [key, member] of Object.entries(node)) {
      visit(member, isAtRecord && !WITH_OTHER_INPUT.includes(key));
    }
  }
}

function isWholeRecord(node: AstNode, isAtRecord: boolean): boolean {
  return (
    isRecord(node, isAtRecord) ||
    (isAtRecord && ['wildcard', 'descendant'].includes(node.type ?? ''))
  );
}

/** `$$`, or `$` if the input is the record. */
function isRecord({ type, value }: AstNode, isAtRecord: boolean): boolean {
  return type === 'variable' && (value === '$' || (isAtRecord && value === ''));
}

/** Gives the guarded fields of a template whose expressions find nothing of what they read in a record. */
export type FindUnfound = (record: JsonObject) => GuardedField[];

export function compileUnfound(
  fields: TemplateField[],
  index: number,
): FindUnfound {
  const guarded = GUARDED_FIELDS.map(field => ({
    field,
    reads: fields
      .filter(({ path }) => isIn(path, `${templatePath(index)}.${field}`))
      .flatMap(({ expressions }) =>
        expressions.flatMap(({ ast }) => pathsOf(ast)),
      ),
  })).filter(({ reads }) => reads.length > 0);
  return record =>
    guarded
      .filter(({ reads }) =>
        reads.every(path => isNothing(valueAt(record, path))),
      )
      .map(({ field }) => field);
}

/** Whether a path is that of a field, or of an item of its list. */
function isIn(path: string, field: string): boolean {
  return path === field || path.startsWith(`${field}[`);
}

function isNothing(value: JsonValue | undefined): boolean {
  return (
    value === undefined ||
    value === null ||
    value === '' ||
    (Array.isArray(value) && value.every(isNothing))
  );
}
