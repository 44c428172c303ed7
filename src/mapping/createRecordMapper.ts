import type { JsonObject, JsonValue } from '@backstage/types';
import type { MapOutcome, RecordMapper } from '../model/mapping';
import type { Problem } from '../model/problem';
import type { SourceSettings } from '../model/settings';
import {
  ANSWER_LIMITS,
  compileExpression,
  type CompiledExpression,
  type Evaluation,
} from './compileExpression';
import { compileTemplate, type TemplateNode } from './compileTemplate';
import { quoteExpression } from './ExpressionError';
import { fillTemplate, type FillFault } from './fillTemplate';
import { createRecordSelector } from './selectRecords';
import { located } from './located';
import { splitTemplate } from './splitTemplate';
import { toRecordId } from './toRecordId';

/**
 * Compiles what a source's mapping needs, once. Throws an `InputError` that
 * names the place and the expression where one of them cannot be used.
 */
export function createRecordMapper(
  settings: Pick<SourceSettings, 'name' | 'records' | 'id' | 'entity'>,
): RecordMapper {
  const { name: source } = settings;
  const selectRecords = createRecordSelector({
    source,
    expression:
      settings.records === undefined
        ? undefined
        : located(source, 'records', () =>
            compileExpression(settings.records!, ANSWER_LIMITS),
          ),
  });
  const id = located(source, 'id', () => compileExpression(settings.id));
  const { templates, expressions } = compileTemplates(settings);
  return {
    selectRecords,
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
      const values = await evaluateAll(expressions, record);
      return fillAll({ templates, values, source, recordId });
    },
  };
}

function compileTemplates({
  name,
  entity,
}: Pick<SourceSettings, 'name' | 'entity'>): {
  templates: TemplateNode[];
  expressions: CompiledExpression[];
} {
  const compiled = new Map<string, CompiledExpression>();
  const compile = (text: string) => {
    const expression = compiled.get(text) ?? compileExpression(text);
    compiled.set(text, expression);
    return expression;
  };
  const templates = entity.map((template, index) =>
    compileTemplate(template, `entity[${index}]`, (text, path) =>
      located(name, path, () => splitTemplate(text, compile)),
    ),
  );
  return { templates, expressions: [...compiled.values()] };
}

async function evaluateAll(
  expressions: CompiledExpression[],
  record: JsonObject,
): Promise<Map<CompiledExpression, Evaluation>> {
  const values = new Map<CompiledExpression, Evaluation>();
  for (const expression of expressions) {
    values.set(expression, await expression.evaluate(record));
  }
  return values;
}

function fillAll(options: {
  templates: TemplateNode[];
  values: Map<CompiledExpression, Evaluation>;
  source: string;
  recordId: string;
}): MapOutcome {
  const { templates, values, source, recordId } = options;
  const faults: FillFault[] = [];
  const entities = templates.map(template =>
    fillTemplate(template, {
      valueOf: expression => values.get(expression)!,
      report: fault => faults.push(fault),
    }),
  );
  return faults.length
    ? {
        type: 'failed',
        problems: faults.map(fault => toProblem(fault, source, recordId)),
      }
    : { type: 'mapped', entities: entities as JsonObject[] };
}

function toProblem(
  { code, path, expression, position, reason }: FillFault,
  source: string,
  recordId: string,
): Problem {
  return {
    code,
    severity: 'error',
    recordId,
    path,
    message: `Record "${recordId}" of source "${source}": ${path}: the expression ${quoteExpression(
      expression,
      position,
    )} ${reason}`,
  };
}

function isObject(value: JsonValue): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
