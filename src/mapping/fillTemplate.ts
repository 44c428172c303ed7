import type { JsonObject, JsonValue } from '@backstage/types';
import { quoteValue } from '../lib/values';
import type { Evaluation } from './compileExpression';
import type { TemplateExpression, TemplateNode } from './compileTemplates';
import type { EvaluationFailure } from './describeFailure';
import { toJson } from './toJson';

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

export interface Filling {
  /** Of each expression, at its index. */
  values: Evaluation[];
  report(fault: FillFault): void;
}

/** The template with the values of its expressions; undefined if it gives no value. */
export function fillTemplate(
  node: TemplateNode,
  filling: Filling,
): JsonValue | undefined {
  switch (node.type) {
    case 'value':
      return fillValue(node, filling);
    case 'text':
      return fillText(node, filling);
    case 'array':
      return node.items
        .map(item => fillTemplate(item, filling))
        .filter(item => item !== undefined);
    case 'object':
      return fillObject(node, filling);
    default:
      return node.value;
  }
}

function fillObject(
  node: TemplateNode & { type: 'object' },
  filling: Filling,
): JsonObject {
  const filled: JsonObject = {};
  for (const [key, member] of node.members) {
    const value = fillTemplate(member, filling);
    if (value !== undefined) {
      filled[key] = value;
    }
  }
  return filled;
}

function fillValue(
  { expression, path }: TemplateNode & { type: 'value' },
  filling: Filling,
): JsonValue | undefined {
  const evaluation = filling.values[expression.index];
  if (evaluation.type === 'failed') {
    filling.report(failureOf(expression, path, evaluation));
    return undefined;
  }
  const { value } = evaluation;
  // An expression that is used twice must not give the same object twice.
  const own =
    typeof value === 'object' && expression.uses > 1 ? toJson(value) : value;
  return own ?? undefined;
}

function fillText(
  { parts, path }: TemplateNode & { type: 'text' },
  filling: Filling,
): string {
  let text = '';
  for (const part of parts) {
    text += typeof part === 'string' ? part : fillPart(part, path, filling);
  }
  return text;
}

function fillPart(
  expression: TemplateExpression,
  path: string,
  filling: Filling,
): string {
  const evaluation = filling.values[expression.index];
  const fault = faultInText(expression, path, evaluation);
  if (fault) {
    filling.report(fault);
    return '';
  }
  return String((evaluation as { value: JsonValue }).value);
}

/** Why a value cannot stand inside a text. A text such as `group:` without a name would do harm. */
export function faultInText(
  { compiled }: Pick<TemplateExpression, 'compiled'>,
  path: string,
  evaluation: Evaluation,
): FillFault | undefined {
  if (evaluation.type === 'failed') {
    return failureOf({ compiled }, path, evaluation);
  }
  const { value } = evaluation;
  const expression = compiled.text;
  if (value === undefined || value === null || isBlank(value)) {
    return {
      code: 'expression-empty',
      path,
      expression,
      reason: `gives ${nameOf(value)}, and the text around it needs a value`,
    };
  }
  return typeof value === 'object'
    ? {
        code: 'expression-failed',
        path,
        expression,
        reason: `gives ${nameOf(value)}, which cannot stand inside a text`,
        value: quoteValue(value),
      }
    : undefined;
}

function isBlank(value: JsonValue): boolean {
  return typeof value === 'string' && value.trim() === '';
}

function failureOf(
  { compiled }: Pick<TemplateExpression, 'compiled'>,
  path: string,
  { reason, position, value }: EvaluationFailure,
): FillFault {
  return {
    code: 'expression-failed',
    path,
    expression: compiled.text,
    position,
    reason: `fails: ${reason}`,
    value,
  };
}

/** Without the keys of an object, which may come from the record. */
function nameOf(value: JsonValue | undefined): string {
  if (value === undefined) {
    return 'no value';
  }
  if (value === null) {
    return 'null';
  }
  if (Array.isArray(value)) {
    return 'a list';
  }
  return typeof value === 'object' ? 'an object' : 'an empty text';
}
