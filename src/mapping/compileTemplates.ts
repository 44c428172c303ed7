import type { JsonObject } from '@backstage/types';
import { compileExpression, type Evaluation } from './compileExpression';
import {
  compileTemplate,
  type Slot,
  type TemplateNode,
} from './compileTemplate';
import type { MappingSettings } from './mappingSettings';
import { located } from './located';
import { splitTemplate } from './splitTemplate';

export interface CompiledTemplates {
  templates: TemplateNode[];
  /** The expressions of all templates, each of them once. */
  slots: Slot[];
}

/** Path of the template at an index, which those of its members begin with. */
export const templatePath = (index: number) => `entity[${index}]`;

/** Compiles a source's templates; throws an `InputError` that names the place. */
export function compileTemplates({
  name,
  entity,
  tables,
}: Pick<MappingSettings, 'name' | 'entity' | 'tables'>): CompiledTemplates {
  const slots = new Map<string, Slot>();
  const compile = (text: string) => {
    const slot = slots.get(text) ?? {
      expression: compileExpression(text, { tables }),
      index: slots.size,
      uses: 0,
    };
    slot.uses++;
    slots.set(text, slot);
    return slot;
  };
  const templates = entity.map((template, index) =>
    compileTemplate(template, templatePath(index), (text, path) =>
      located(name, path, () => splitTemplate(text, compile)),
    ),
  );
  return { templates, slots: [...slots.values()] };
}

/** The value of each slot, at its index. */
export async function evaluateSlots(
  slots: Slot[],
  record: JsonObject,
): Promise<Evaluation[]> {
  const values: Evaluation[] = [];
  for (const { expression } of slots) {
    values.push(
      expression.evaluateNow(record) ?? (await expression.evaluate(record)),
    );
  }
  return values;
}
