import { counted } from '../../lib/values';
import { countOf, type Report } from '../../validation/files/report';

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
