import type { JsonObject, JsonValue } from '@backstage/types';
import type { RecordMapper } from './RecordMapper';
import { compileExpression, type Evaluation } from './compileExpression';
import type { TemplateNode } from './compileTemplate';
import { compileTemplates, evaluateSlots } from './compileTemplates';
import { createCondition } from './createCondition';
import { createList } from './createList';
import { explainTemplates } from './explain/explainTemplates';
import { type FillFault, fillTemplate } from './fillTemplate';
import { located } from './located';
import type { MappingSettings } from './mappingSettings';
import { toProblem } from './toProblem';
import { toRecordId } from './toRecordId';

/**
 * Compiles what a source's mapping needs, once. Throws an `InputError` that
 * names the place and the expression where one of them cannot be used.
 */
export function createRecordMapper(settings: MappingSettings): RecordMapper {
  const { name: source, tables } = settings;
  const id = located(source, 'id', () =>
    compileExpression(settings.id, { tables }),
  );
  const condition = createCondition(settings);
  const { templates, slots } = compileTemplates(settings);
  return {
    ...createList(settings),
    async recordId(record) {
      if (!isObject(record)) {
        return undefined;
      }
      const evaluation = await id.evaluate(record);
      return evaluation.type === 'value'
        ? toRecordId(evaluation.value)
        : undefined;
    },
    async map(record, recordId) {
      const problemOf = (fault: FillFault) =>
        toProblem(fault, { source, recordId });
      const verdict = condition ? await condition(record) : true;
      if (typeof verdict === 'object') {
        return { type: 'failed', problems: [problemOf(verdict)] };
      }
      if (!verdict) {
        return { type: 'mapped', entities: [] };
      }
      const values = await evaluateSlots(slots, record);
      const { entities, faults } = fillAll(templates, values);
      return faults.length
        ? { type: 'failed', problems: faults.map(problemOf) }
        : { type: 'mapped', entities };
    },
    explain: record => explainTemplates({ templates, slots, record }),
  };
}

function fillAll(
  templates: TemplateNode[],
  values: Evaluation[],
): { entities: JsonObject[]; faults: FillFault[] } {
  const faults: FillFault[] = [];
  const report = (fault: FillFault) => faults.push(fault);
  const entities = templates.map(
    template => fillTemplate(template, { values, report }) as JsonObject,
  );
  return { entities, faults };
}

function isObject(value: JsonValue): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
