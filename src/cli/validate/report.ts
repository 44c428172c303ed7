import type { Finding, Skipped } from '../../validation/files/finding';
import { counted } from '../../lib/values';

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

export function summaryOf(report: Report): string {
  const { files, skipped } = report;
  const found = [
    counted(countOf(report, 'error'), 'error'),
    counted(countOf(report, 'warning'), 'warning'),
  ];
  const read = [
    `${counted(files.length, 'file')} checked`,
    ...(skipped.length ? [`${skipped.length} skipped`] : []),
  ];
  return `${found.join(', ')}; ${read.join(', ')}`;
}
