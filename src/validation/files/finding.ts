import {
  type CatalogCheck,
  type FindingCode,
  FINDINGS,
  type Severity,
} from '../../config/catalogCheck';
import type { Position } from './positions';

/** Something wrong with a file, and where it stands. */
export interface Finding extends Position {
  code: FindingCode;
  severity: Exclude<Severity, 'off'>;
  message: string;
  file: string;
  /** Where in the entity, such as `spec.owner`. */
  path?: string;
  entityRef?: string;
}

/** Something that was not checked. */
export interface Skipped {
  file: string;
  /** Of a document within the file. */
  line?: number;
  reason: string;
}

/** What is wrong at one path of an entity in a file. */
export interface FileFault {
  code: FindingCode;
  path: string;
  /** Continues the path: `is not valid; use …`. */
  reason: string;
  /** Whether the name of the field is at fault, not its value. */
  isName?: boolean;
}

/** By the rules of the user, or else by default. */
export function severityOf(
  { severities }: Pick<CatalogCheck, 'severities'>,
  code: FindingCode,
): Severity {
  return severities[code] ?? FINDINGS[code].severity;
}

/** What a check of files found. */
export interface Report {
  /** All files that were checked, in order. */
  files: string[];
  findings: Finding[];
  skipped: Skipped[];
}

export function countOf(
  { findings }: Report,
  severity: Finding['severity'],
): number {
  return findings.filter(finding => finding.severity === severity).length;
}

/** For programs. */
export function toJsonReport(report: Report) {
  const { files, findings, skipped } = report;
  return {
    files: files.length,
    errors: countOf(report, 'error'),
    warnings: countOf(report, 'warning'),
    findings,
    skipped,
  };
}
