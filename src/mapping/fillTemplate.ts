import type { JsonObject, JsonValue } from '@backstage/types';
import type { CompiledExpression, Evaluation } from './compileExpression';
import type { TemplateNode } from './compileTemplate';
import { toJson } from './toJson';
import type { TemplatePart } from './splitTemplate';

/** Why one place of a template could not be filled. */
export interface FillFault {
  code: 'expression-failed' | 'expression-empty';
  path: string;
  expression: string;
  position?: number;
  reason: string;
}

export interface Filling {
  valueOf(expression: CompiledExpression): Evaluation;
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
      return node.parts
        .map(part => fillPart(part, node.path, filling))
        .join('');
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
  node: TemplateNode & { type: 'value' },
  filling: Filling,
): JsonValue | undefined {
  const { expression, path } = node;
  const evaluation = filling.valueOf(expression);
  if (evaluation.type === 'failed') {
    reportFailure(filling, expression, path, evaluation);
    return undefined;
  }
  // An expression that stands in several places must not share its value.
  return toJson(evaluation.value) ?? undefined;
}

function fillPart(part: TemplatePart, path: string, filling: Filling): string {
  if (typeof part === 'string') {
    return part;
  }
  const evaluation = filling.valueOf(part);
  if (evaluation.type === 'failed') {
    reportFailure(filling, part, path, evaluation);
    return '';
  }
  const { value } = evaluation;
  const unfit = whyNoText(value);
  if (unfit) {
    filling.report({ ...unfit, path, expression: part.text });
    return '';
  }
  return String(value);
}

/** Why a value cannot stand inside a text, where `group:` without its name would do harm. */
function whyNoText(
  value: JsonValue | undefined,
): Pick<FillFault, 'code' | 'reason'> | undefined {
  if (value === undefined || value === null || isBlank(value)) {
    return {
      code: 'expression-empty',
      reason: `gives ${nameOf(value)}, and the text around it needs a value`,
    };
  }
  return typeof value === 'object'
    ? {
        code: 'expression-failed',
        reason: `gives ${nameOf(value)}, which cannot stand inside a text`,
      }
    : undefined;
}

function isBlank(value: JsonValue): boolean {
  return typeof value === 'string' && value.trim() === '';
}

function reportFailure(
  filling: Filling,
  expression: CompiledExpression,
  path: string,
  { reason, position }: Evaluation & { type: 'failed' },
): void {
  filling.report({
    code: 'expression-failed',
    path,
    expression: expression.text,
    position,
    reason: `fails: ${reason}`,
  });
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
