import { parseEntityRef } from '@backstage/catalog-model';
import { type Call, STATUS, type Terminal } from '../terminal';
import { type BackendOptions, Backend, segment } from './client';
import { plainTime, printFields, printJson, printTable } from './output';

/** `explain`: where an entity comes from, and how each of its fields came about. */
export async function run(
  call: Call<BackendOptions & { json?: boolean }>,
): Promise<number> {
  const { args, options, terminal } = call;
  const ref = parseEntityRef(args[0], {
    defaultKind: 'component',
    defaultNamespace: 'default',
  });
  const path = [ref.kind, ref.namespace, ref.name]
    .map(part => segment(part, 'part of an entity ref'))
    .join('/');
  const answer = await new Backend(call).get(
    `/entities/by-name/${path}/explain`,
  );
  if (options.json) {
    printJson(terminal, answer);
  } else {
    printExplanation(terminal, answer);
  }
  return STATUS.OK;
}

function printExplanation(terminal: Terminal, answer: any): void {
  const { record, mapping, fields = [], problems, run: lastRun } = answer;
  printFields(terminal, {
    entity: answer.entityRef,
    source: answer.source,
    record: `${answer.recordId}, ${record.state}`,
    'not fetched': record.reason,
    via: answer.via,
    'record is': answer.recordState,
    'missing since': plainTime(answer.missingSince),
    observed: plainTime(answer.observedAt),
    'last change': plainTime(answer.appliedAt),
    'by run': lastRun && `${lastRun.id}, ${lastRun.kind}`,
    mapping: mapping?.name ?? mapping?.type,
  });
  const tables = [
    fields.map(fieldRowOf),
    problems.map(({ severity, code, message }: any) => ({
      PROBLEM: code,
      SEVERITY: severity,
      MESSAGE: message,
    })),
  ];
  for (const rows of tables.filter(({ length }) => length > 0)) {
    terminal.stdout.write('\n');
    printTable(terminal, rows);
  }
}

function fieldRowOf({ path, expression, value, error }: any) {
  return {
    FIELD: path,
    VALUE: value,
    ERROR: error,
    EXPRESSION: expression.replace(/\s+/g, ' '),
  };
}
