import type { JsonObject, JsonValue } from '@backstage/types';
import { fieldPath } from '../../lib/fieldPath';
import type { FieldExplanation } from '../RecordMapper';
import type { Evaluation } from '../compileExpression';
import type { Slot, TemplateNode } from '../compileTemplate';
import { evaluateSlots, templatePath } from '../compileTemplates';
import { faultInText, type FillFault } from '../fillTemplate';
import { capValue } from './capValue';
import { pathsOf } from './pathsOf';

const MOST_READS = 50;

/** For each template, what its expressions read in a record and what they give. */
export async function explainTemplates(options: {
  templates: TemplateNode[];
  slots: Slot[];
  record: JsonObject;
}): Promise<FieldExplanation[][]> {
  const { templates, slots, record } = options;
  const values = await evaluateSlots(slots, record);
  return templates.map((template, index) =>
    fieldsOf(template).map(field =>
      explainField({
        ...field,
        path: withoutTemplate(field.path, index),
        evaluation: values[field.slot.index],
        record,
      }),
    ),
  );
}

interface Field {
  path: string;
  slot: Slot;
  isInText: boolean;
}

function fieldsOf(node: TemplateNode): Field[] {
  switch (node.type) {
    case 'value':
      return [{ path: node.path, slot: node.slot, isInText: false }];
    case 'text':
      return node.parts
        .filter(part => typeof part !== 'string')
        .map(slot => ({ path: node.path, slot, isInText: true }));
    case 'array':
      return node.items.flatMap(fieldsOf);
    case 'object':
      return node.members.flatMap(([, member]) => fieldsOf(member));
    default:
      return [];
  }
}

function explainField(
  field: Field & { evaluation: Evaluation; record: JsonObject },
): FieldExplanation {
  const { path, slot, isInText, evaluation, record } = field;
  const fault =
    isInText || evaluation.type === 'failed'
      ? faultInText(slot, path, evaluation)
      : undefined;
  return {
    path,
    expression: slot.expression.text,
    reads: pathsOf(slot.expression.ast)
      .slice(0, MOST_READS)
      .map(names => readOf(record, names)),
    ...(evaluation.type === 'value' && valueOf(evaluation.value)),
    ...(fault && { error: describe(fault) }),
  };
}

function readOf(record: JsonObject, names: string[]) {
  const path = names.reduce<string>(fieldPath, '') || '$';
  return { path, ...valueOf(valueAt(record, names)) };
}

function valueOf(value: JsonValue | undefined): { value?: JsonValue } {
  return value === undefined ? {} : { value: capValue(value) };
}

/** What stands at a path, of each member where it leads through a list. */
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
  return typeof value === 'object' &&
    value !== null &&
    Object.hasOwn(value, name)
    ? valueAt(value[name], rest)
    : undefined;
}

function describe({ reason, value }: FillFault): string {
  return value === undefined ? reason : `${reason}: ${value}`;
}

/** `entity[0].metadata.name` is `metadata.name` in the entity. */
function withoutTemplate(path: string, index: number): string {
  return path.slice(templatePath(index).length).replace(/^\./, '');
}
