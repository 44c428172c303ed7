import type { JsonObject, JsonValue } from '@backstage/types';
import { fieldPath } from '../lib/values';
import { atSetting, ExpressionError } from './ExpressionError';
import type { MappingSettings } from './RecordMapper';
import {
  type CompiledExpression,
  compileExpression,
  type Evaluation,
} from './compileExpression';

export interface CompiledTemplates {
  templates: TemplateNode[];
  /** All expressions of the templates, each once. */
  expressions: TemplateExpression[];
}

/** An expression that the templates of a source use once or more often. */
export interface TemplateExpression {
  compiled: CompiledExpression;
  /** The index of its value among the values of all expressions. */
  index: number;
  /** How often the templates use it. */
  uses: number;
}

export type TemplatePart = string | TemplateExpression;

/** A template with its expressions compiled. */
export type TemplateNode =
  | { type: 'literal'; value: JsonValue }
  /** A single expression, which gives a value of any type. */
  | { type: 'value'; path: string; expression: TemplateExpression }
  | { type: 'text'; path: string; parts: TemplatePart[] }
  | { type: 'array'; items: TemplateNode[] }
  | { type: 'object'; members: [string, TemplateNode][] };

/** The path of a template, with which the paths of its members begin. */
export const templatePath = (index: number) => `entity[${index}]`;

/** Throws an `InputError` with the path of an expression that cannot be used. */
export function compileTemplates({
  name,
  entity,
  tables,
}: Pick<MappingSettings, 'name' | 'entity' | 'tables'>): CompiledTemplates {
  const expressions = new Map<string, TemplateExpression>();
  const compile = (text: string) => {
    const expression = expressions.get(text) ?? {
      compiled: compileExpression(text, { tables }),
      index: expressions.size,
      uses: 0,
    };
    expression.uses++;
    expressions.set(text, expression);
    return expression;
  };
  const templates = entity.map((template, index) =>
    compileTemplate(template, templatePath(index), (text, path) =>
      atSetting(name, path, () => splitTemplate(text, compile)),
    ),
  );
  return { templates, expressions: [...expressions.values()] };
}

/** The value of each expression, at its index. */
export async function evaluateExpressions(
  expressions: TemplateExpression[],
  record: JsonObject,
): Promise<Evaluation[]> {
  const values: Evaluation[] = [];
  for (const { compiled } of expressions) {
    values.push(
      compiled.evaluateNow(record) ?? (await compiled.evaluate(record)),
    );
  }
  return values;
}

type CompileString = (text: string, path: string) => TemplatePart[];

function compileTemplate(
  template: JsonValue | undefined,
  path: string,
  compileString: CompileString,
): TemplateNode {
  if (typeof template === 'string') {
    return compileText(compileString(template, path), template, path);
  }
  if (Array.isArray(template)) {
    return {
      type: 'array',
      items: template.map((item, index) =>
        compileTemplate(item, fieldPath(path, index), compileString),
      ),
    };
  }
  if (template !== null && typeof template === 'object') {
    return compileObject(template, path, compileString);
  }
  return { type: 'literal', value: template ?? null };
}

function compileObject(
  template: JsonObject,
  path: string,
  compileString: CompileString,
): TemplateNode {
  return {
    type: 'object',
    members: Object.entries(template)
      .filter(([key, member]) => member !== undefined && key !== '__proto__')
      .map(([key, member]) => [
        key,
        compileTemplate(member, fieldPath(path, key), compileString),
      ]),
  };
}

function compileText(
  parts: TemplatePart[],
  text: string,
  path: string,
): TemplateNode {
  const expressions = parts.filter(part => typeof part !== 'string');
  if (!expressions.length) {
    return { type: 'literal', value: text };
  }
  const isAlone =
    expressions.length === 1 &&
    parts.every(part => typeof part !== 'string' || part.trim() === '');
  return isAlone
    ? { type: 'value', path, expression: expressions[0] }
    : { type: 'text', path, parts };
}

const OPEN = '${{';
const CLOSE = '}}';

/** The literal texts and the expressions of a string, in order. */
export function splitTemplate<T extends object>(
  text: string,
  compile: (expression: string) => T,
): (string | T)[] {
  const parts: (string | T)[] = [];
  let from = 0;
  for (
    let open = text.indexOf(OPEN);
    open !== -1;
    open = text.indexOf(OPEN, from)
  ) {
    const { expression, end } = readExpression(
      text.slice(open + OPEN.length),
      compile,
    );
    parts.push(text.slice(from, open), expression);
    from = open + OPEN.length + end;
  }
  parts.push(text.slice(from));
  return parts.filter(part => part !== '');
}

/**
 * The expression up to the first `}}` where JSONata can parse it. Up to a `}}`
 * inside a string, a regular expression or an object it cannot.
 */
function readExpression<T>(
  rest: string,
  compile: (expression: string) => T,
): { expression: T; end: number } {
  const errors: ExpressionError[] = [];
  for (
    let close = rest.indexOf(CLOSE);
    close !== -1;
    close = rest.indexOf(CLOSE, close + 1)
  ) {
    try {
      const expression = compile(rest.slice(0, close).trim());
      return { expression, end: close + CLOSE.length };
    } catch (error) {
      errors.push(syntaxError(error));
    }
  }
  throw likeliest(errors) ?? unclosed(rest);
}

/** Only a syntax error may mean that a later `}}` is the right one. */
function syntaxError(error: unknown): ExpressionError {
  if (error instanceof ExpressionError && error.code === 'syntax') {
    return error;
  }
  throw error;
}

/** The error of the text that was most likely meant as the expression. */
function likeliest(errors: ExpressionError[]): ExpressionError | undefined {
  const balanced = errors.find(
    ({ expression }) =>
      expression.split('{').length === expression.split('}').length,
  );
  return balanced ?? errors[0];
}

function unclosed(rest: string): ExpressionError {
  return new ExpressionError('syntax', rest, {
    reason: `"${OPEN}" is not closed by "${CLOSE}"`,
  });
}
