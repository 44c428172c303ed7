import type { JsonObject, JsonValue } from '@backstage/types';
import { fieldPath } from '../lib/fieldPath';
import type { CompiledExpression } from './compileExpression';

/** An expression of a source's templates, wherever it stands in them. */
export interface Slot {
  expression: CompiledExpression;
  /** Where its value is among the values of all. */
  index: number;
  /** In how many places it stands. */
  uses: number;
}

export type TemplatePart = string | Slot;

/** A template with its expressions found, ready to be filled. */
export type TemplateNode =
  | { type: 'literal'; value: JsonValue }
  /** One expression alone, which gives a value of any type. */
  | { type: 'value'; path: string; slot: Slot }
  | { type: 'text'; path: string; parts: TemplatePart[] }
  | { type: 'array'; items: TemplateNode[] }
  | { type: 'object'; members: [string, TemplateNode][] };

/** `compileString` is told where a string stands, to say so when it throws. */
export function compileTemplate(
  template: JsonValue | undefined,
  path: string,
  compileString: (text: string, path: string) => TemplatePart[],
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
  compileString: (text: string, path: string) => TemplatePart[],
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
  const slots = parts.filter(part => typeof part !== 'string');
  if (!slots.length) {
    return { type: 'literal', value: text };
  }
  const isAlone =
    slots.length === 1 &&
    parts.every(part => typeof part !== 'string' || part.trim() === '');
  return isAlone
    ? { type: 'value', path, slot: slots[0] }
    : { type: 'text', path, parts };
}
