import type { JsonObject, JsonValue } from '@backstage/types';
import { fieldPath, isObject, quoteValue } from '../lib/values';
import type { MappingSettings } from './RecordMapper';
import {
  type CompiledExpression,
  compileExpression,
  type Evaluation,
} from './compileExpression';
import type { EvaluationFailure } from './describeFailure';
import { splitTemplate } from './splitTemplate';
import { toJson } from './toJson';

export interface CompiledTemplates {
  templates: Array<{ fill: Fill; fields: TemplateField[] }>;
  /** All expressions of the templates, each once. */
  expressions: CompiledExpression[];
}

/** A text of a template with at least one expression. */
export interface TemplateField {
  path: string;
  text: string;
  expressions: CompiledExpression[];
  fill: Fill;
}

/** The result of each expression, for one record. */
export type Evaluations = Map<CompiledExpression, Evaluation>;

/** Why a part of a template could not be filled. */
export interface FillFault {
  code: 'expression-failed' | 'expression-empty';
  path: string;
  expression: string;
  position?: number;
  reason: string;
  /** The value that it could not use, for people to see. */
  value?: string;
}

/** A part of a template with its values; undefined if it gives no value. */
type Fill = (
  values: Evaluations,
  report: (fault: FillFault) => void,
) => JsonValue | undefined;

/** The path of a template, with which the paths of its members begin. */
export const templatePath = (index: number) => `entity[${index}]`;

/** Throws an `ExpressionError` for an expression that cannot be used. */
export function compileTemplates({
  entity,
  tables,
}: Pick<MappingSettings, 'entity' | 'tables'>): CompiledTemplates {
  const expressions = new Map<string, CompiledExpression>();
  const compile = (text: string) => {
    const expression =
      expressions.get(text) ?? compileExpression(text, { tables });
    expressions.set(text, expression);
    return expression;
  };
  const templates = entity.map((template, index) => {
    const fields: TemplateField[] = [];
    const fill = compileTemplate(template, templatePath(index), {
      split: text => splitTemplate(text, compile),
      fields,
    });
    return { fill, fields };
  });
  return { templates, expressions: [...expressions.values()] };
}

export async function evaluateExpressions(
  expressions: CompiledExpression[],
  record: JsonObject,
): Promise<Evaluations> {
  const values: Evaluations = new Map();
  for (const expression of expressions) {
    values.set(
      expression,
      expression.evaluateNow(record) ?? (await expression.evaluate(record)),
    );
  }
  return values;
}

interface Context {
  split(text: string): Array<string | CompiledExpression>;
  /** Collects the expressions, in order. */
  fields: TemplateField[];
}

function compileTemplate(
  template: JsonValue | undefined,
  path: string,
  context: Context,
): Fill {
  if (typeof template === 'string') {
    return compileText(template, path, context);
  }
  if (Array.isArray(template)) {
    const items = template.map((item, index) =>
      compileTemplate(item, fieldPath(path, index), context),
    );
    return (...filling) =>
      items.map(fill => fill(...filling)).filter(item => item !== undefined);
  }
  return isObject(template)
    ? compileObject(template, path, context)
    : () => template;
}

function compileObject(
  template: JsonObject,
  path: string,
  context: Context,
): Fill {
  const members = Object.entries(template)
    .filter(([key]) => key !== '__proto__')
    .map(([key, member]) => ({
      key,
      fill: compileTemplate(member, fieldPath(path, key), context),
    }));
  return (...filling) => {
    const filled: JsonObject = {};
    for (const { key, fill } of members) {
      const value = fill(...filling);
      if (value !== undefined) {
        filled[key] = value;
      }
    }
    return filled;
  };
}

function compileText(text: string, path: string, context: Context): Fill {
  const parts = context.split(text);
  const expressions = parts.filter(part => typeof part !== 'string');
  if (expressions.length === 0) {
    return () => text;
  }
  const [alone] = expressions;
  // An expression that stands alone gives a value of any type.
  const isInText =
    expressions.length > 1 ||
    parts.some(part => typeof part === 'string' && part.trim() !== '');
  const fill: Fill = isInText
    ? (...filling) =>
        parts
          .map(part =>
            typeof part === 'string'
              ? part
              : fillExpression(
                  { path, expression: part, isInText },
                  ...filling,
                ),
          )
          .join('')
    : (...filling) =>
        fillExpression({ path, expression: alone, isInText }, ...filling);
  context.fields.push({ path, text, expressions, fill });
  return fill;
}

interface ExpressionUse {
  path: string;
  expression: CompiledExpression;
  isInText: boolean;
}

function fillExpression(
  use: ExpressionUse,
  ...[values, report]: Parameters<Fill>
): JsonValue | undefined {
  const evaluation = values.get(use.expression)!;
  const fault = faultOf(use, evaluation);
  if (fault) {
    report(fault);
  }
  // A copy: an expression that is used twice must not give the same object twice.
  return fault || evaluation.type === 'failed'
    ? undefined
    : toJson(evaluation.value) ?? undefined;
}

/**
 * Why a field cannot be filled with this. Inside a text, a value is needed: a
 * text such as `group:` without a name would do harm.
 */
function faultOf(
  { path, expression: { text: expression }, isInText }: ExpressionUse,
  evaluation: Evaluation,
): FillFault | undefined {
  if (evaluation.type === 'failed') {
    return failureOf(path, expression, evaluation);
  }
  const { value } = evaluation;
  const unusable = isInText ? nameUnusable(value) : undefined;
  if (unusable === undefined) {
    return undefined;
  }
  return typeof value === 'object' && value !== null
    ? {
        code: 'expression-failed',
        path,
        expression,
        reason: `gives ${unusable}, which cannot stand inside a text`,
        value: quoteValue(value),
      }
    : {
        code: 'expression-empty',
        path,
        expression,
        reason: `gives ${unusable}, and the text around it needs a value`,
      };
}

export function failureOf(
  path: string,
  expression: string,
  { position, reason, value }: EvaluationFailure,
): FillFault {
  return {
    code: 'expression-failed',
    path,
    expression,
    position,
    reason: `fails: ${reason}`,
    value,
  };
}

/** What cannot stand inside a text. It names no keys, since they may come from the record. */
function nameUnusable(value: JsonValue | undefined): string | undefined {
  if (value === undefined || value === null) {
    return value === null ? 'null' : 'no value';
  }
  if (typeof value === 'object') {
    return Array.isArray(value) ? 'a list' : 'an object';
  }
  return String(value).trim() === '' ? 'an empty text' : undefined;
}
