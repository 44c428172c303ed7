import type { Problem } from '../../model/problem';

export function toProblem(row: any): Problem {
  return {
    code: row.code,
    severity: row.severity,
    recordId: row.record_id ?? undefined,
    entityRef: row.entity_ref ?? undefined,
    path: row.path ?? undefined,
    message: row.message,
    value: row.value ?? undefined,
  };
}
