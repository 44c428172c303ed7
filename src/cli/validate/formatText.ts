import { counted, escapeControls } from '../../lib/values';
import type { Finding } from '../../validation/files/finding';
import { countOf, type Report } from '../../validation/files/finding';
import type { Paint } from '../terminal';

/** For people: each finding with its line, and a caret under the place. */
export function formatText(report: Report, paint: Paint): string {
  return [
    ...report.findings.map(finding => formatFinding(finding, paint)),
    ...report.skipped.map(({ file, line, reason }) =>
      paint.dim(
        `${escapeControls(file)}${line ? `:${line}` : ''}: skipped, ${reason}`,
      ),
    ),
    summaryOf(report),
    '',
  ].join('\n');
}

function summaryOf(report: Report): string {
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

function formatFinding(finding: Finding, paint: Paint): string {
  const { file, line, column, severity, message, code } = finding;
  const color = severity === 'error' ? paint.red : paint.yellow;
  const place = paint.bold(`${escapeControls(file)}:${line}:${column}`);
  const head = `${place} ${color(severity)} ${message} ${paint.dim(
    `[${code}]`,
  )}`;
  return [head, ...showLine(finding, paint)].join('\n');
}

const MAX_WIDTH = 100;

/** A long line is cut around the place. */
function showLine({ source, line, column }: Finding, paint: Paint): string[] {
  if (source.trim() === '') {
    return [];
  }
  const start = Math.max(0, column - 1 - MAX_WIDTH / 2);
  const shown = plain(source.slice(start, start + MAX_WIDTH));
  const indent = plain(source.slice(start, column - 1)).replace(/[^\t]/g, ' ');
  const number = `${line}`;
  return [
    `${paint.dim(`  ${number} |`)} ${shown}`,
    `${paint.dim(`  ${' '.repeat(number.length)} |`)} ${indent}^`,
  ];
}

/** Without what would steer a terminal. Each character stays one. */
function plain(text: string): string {
  return text.replace(/[^\P{C}\t]/gu, '\uFFFD');
}
