import type { Finding, Skipped } from './finding';

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
