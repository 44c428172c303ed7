import type { JsonObject, JsonValue } from '@backstage/types';
import type { Evaluation } from './compileExpression';
import type { Slot, TemplateNode, TemplatePart } from './compileTemplate';
import type { EvaluationFailure } from './describeFailure';
import { quoteValue } from './quoteValue';
import { toJson } from './toJson';

/** Why one place of a template could not be filled. */
export interface FillFault {
  code: 'expression-failed' | 'expression-empty';
  path: string;
  expression: string;
  position?: number;
  reason: string;
  /** What it stumbled on, for people to see. */
  value?: string;
}

export interface Filling {
  /** Of each slot, at its index. */
  values: Evaluation[];
  report(fault: FillFault): void;
}

/** The template with its expressions' values; undefined where nothing is left of it. */
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
  { slot, path }: TemplateNode & { type: 'value' },
  filling: Filling,
): JsonValue | undefined {
  const evaluation = filling.values[slot.index];
  if (evaluation.type === 'failed') {
    filling.report(failureOf(slot, path, evaluation));
    return undefined;
  }
  const { value } = evaluation;
  // An expression that stands in several places must not share its value.
  const own =
    typeof value === 'object' && slot.uses > 1 ? toJson(value) : value;
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
  slot: Exclude<TemplatePart, string>,
  path: string,
  filling: Filling,
): string {
  const evaluation = filling.values[slot.index];
  const fault = faultInText(slot, path, evaluation);
  if (fault) {
    filling.report(fault);
    return '';
  }
  return String((evaluation as { value: JsonValue }).value);
}

/** Why a value cannot stand inside a text, where `group:` without its name would do harm. */
export function faultInText(
  slot: Slot,
  path: string,
  evaluation: Evaluation,
): FillFault | undefined {
  if (evaluation.type === 'failed') {
    return failureOf(slot, path, evaluation);
  }
  const { value } = evaluation;
  const expression = slot.expression.text;
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
  { expression }: Slot,
  path: string,
  { reason, position, value }: EvaluationFailure,
): FillFault {
  return {
    code: 'expression-failed',
    path,
    expression: expression.text,
    position,
    reason: `fails: ${reason}`,
    value,
  };
}

function nameOf(value: JsonValue | undefined): string {
  if (value === undefined) {
    return 'no value';
  }
  if (value === null) {
    return 'null';
  }
  if (Array.isArray(value)) {
    return 'an array';
  }
  return typeof value === 'object' ? 'an object' : 'an empty text';
}
