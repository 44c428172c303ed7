import type { JsonObject, JsonValue } from '@backstage/types';
import { MAX_ID_LENGTH } from '../lib/keys';
import type { Problem } from '../lib/problem';
import {
  describeShape,
  isObject,
  quoteValue,
  UNPRINTABLE,
} from '../lib/values';
import { quoteExpression } from './ExpressionError';
import type { MappingSettings, RecordMapper } from './RecordMapper';
import { compileExpression } from './compileExpression';
import {
  compileTemplates,
  evaluateExpressions,
  failureOf,
  type CompiledTemplates,
  type FillFault,
} from './compileTemplates';
import { compileUnfound, explainTemplates } from './explainTemplates';
import { createOwnerMapping } from './owners';
import { createRecordSelector } from './selectRecords';

/**
 * Compiles the mapping of a source. Throws an `ExpressionError` for one that
 * cannot be used; `findExpressionFaults` tells where each of them stands.
 */
export function createRecordMapper(settings: MappingSettings): RecordMapper {
  const { name: source, tables } = settings;
  const id = compileExpression(settings.id, { tables });
  const condition = compileCondition(settings);
  const mapOwner = createOwnerMapping(settings.owners);
  const templates = compileTemplates(settings);
  const findUnfound = templates.templates.map(({ fields }, index) =>
    compileUnfound(fields, index),
  );
  return {
    ...createRecordSelector(settings),
    async recordId(record) {
      if (!isObject(record)) {
        return undefined;
      }
      const evaluation = await id.evaluate(record);
      return evaluation.type === 'value'
        ? toRecordId(evaluation.value)
        : undefined;
    },
    async explainNoId(record) {
      const evaluation = await id.evaluate(record);
      const why =
        evaluation.type === 'value'
          ? describeBadId(evaluation.value)
          : `fails: ${evaluation.reason}`;
      return `the expression ${quoteExpression(
        settings.id,
      )} of the key "id" ${why}`;
    },
    async map(record, recordId) {
      const wanted = condition ? await condition(record) : true;
      if (wanted === false) {
        return { type: 'mapped', entities: [] };
      }
      const { entities, faults } =
        wanted === true
          ? await fillAll(templates, record)
          : { entities: [], faults: [wanted] };
      return faults.length
        ? {
            type: 'failed',
            problems: faults.map(fault => toProblem(fault, source, recordId)),
          }
        : { type: 'mapped', entities: entities.map(mapOwner) };
    },
    unfound: record => findUnfound.map(find => find(record)),
    explain: record => explainTemplates(templates, record),
  };
}

async function fillAll(
  { templates, expressions }: CompiledTemplates,
  record: JsonObject,
): Promise<{ entities: JsonObject[]; faults: FillFault[] }> {
  const values = await evaluateExpressions(expressions, record);
  const faults: FillFault[] = [];
  const entities = templates.map(
    ({ fill }) => fill(values, fault => faults.push(fault)) as JsonObject,
  );
  return { entities, faults };
}

/**
 * Compiles `when`, if the source has it: whether a record is to have entities,
 * or why the expression failed. No value and `null` count as false.
 */
function compileCondition({ when, tables }: MappingSettings) {
  if (when === undefined) {
    return undefined;
  }
  const expression = compileExpression(when, { tables });
  return async (record: JsonObject): Promise<boolean | FillFault> => {
    const evaluation = await expression.evaluate(record);
    if (evaluation.type === 'failed') {
      return failureOf('when', when, evaluation);
    }
    const value = evaluation.value ?? false;
    return typeof value === 'boolean'
      ? value
      : {
          code: 'expression-failed',
          path: 'when',
          expression: when,
          reason: 'gives neither true nor false',
          value: quoteValue(value),
        };
  };
}

function toProblem(
  { code, path, expression, position, reason, value }: FillFault,
  source: string,
  recordId: string,
): Problem {
  const quoted = quoteExpression(expression, position);
  return {
    code,
    severity: 'error',
    recordId,
    path,
    message: `Record "${recordId}" of source "${source}": ${path}: the expression ${quoted} ${reason}`,
    ...(value !== undefined && { value }),
  };
}

/**
 * A value as the id of a record, if it can be one. A whole number beyond 2^53
 * cannot: JSON rounds it, so two records could get the same id.
 */
export function toRecordId(value: JsonValue | undefined): string | undefined {
  if (typeof value === 'number') {
    return Number.isInteger(value) && !Number.isSafeInteger(value)
      ? undefined
      : String(value);
  }
  return typeof value === 'string' &&
    value.length >= 1 &&
    value.length <= MAX_ID_LENGTH &&
    !UNPRINTABLE.test(value)
    ? value
    : undefined;
}

/** What is wrong with a value that `toRecordId` refuses. */
function describeBadId(value: JsonValue | undefined): string {
  if (typeof value === 'number') {
    return 'gives a number beyond 2^53, which JSON rounds, so that two records could get the same id; have the API give it as a string';
  }
  if (typeof value !== 'string') {
    return `gives ${describeShape(value)}`;
  }
  return value.length <= MAX_ID_LENGTH && value !== ''
    ? 'gives a string with control characters or lone surrogates'
    : `gives a string of ${value.length} characters; an id has 1 to ${MAX_ID_LENGTH}`;
}
