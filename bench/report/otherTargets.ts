import { findRow, type Figures, type Row } from './row';
import { judge, ratio, type Input, type Target } from './target';

const inputOf = (
  rows: Row[],
  by: Pick<Row, 'subject' | 'case' | 'records'>,
  figure: keyof Pick<Figures, 'memoryMb' | 'cpuMicros'>,
): Input => {
  const row = findRow(rows, by);
  return {
    name: `${by.subject}, ${by.case}`,
    value: row?.[figure],
    failed: row?.failed,
  };
};

/** What is to hold of the memory that runs need. */
export function memoryTargets(rows: Row[], records: number): Target[] {
  const memory = (subject: string, name: string) =>
    inputOf(rows, { subject, case: name, records }, 'memoryMb');
  return [
    judge({
      name: `${records} records, nothing changed, no 304: MB over the idle backend`,
      limit: 150,
      inputs: [memory('module', 'unchanged-whole')],
      value: own => own,
    }),
    judge({
      name: `${records} records, first ingestion: memory, of full mutation`,
      limit: 1.3,
      inputs: [memory('module', 'first'), memory('full', 'first')],
      value: ratio,
    }),
  ];
}

/** What is to hold of mapping. */
export function mappingTargets(rows: Row[], records: number): Target[] {
  const cpu = (subject: string, name: string) =>
    inputOf(rows, { subject, case: name, records }, 'cpuMicros');
  const target = (name: string, limit: number) =>
    judge({
      name: `mapping, ${name}: CPU time, of bare JSONata`,
      limit,
      inputs: [cpu('module', name), cpu('jsonata', name)],
      value: ratio,
    });
  return [target('expressions', 1.1), target('plain paths', 0.1)];
}
