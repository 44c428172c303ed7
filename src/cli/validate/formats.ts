import type { Finding } from '../../validation/files/finding';
import { type Report, toJsonReport } from '../../validation/files/finding';
import type { Paint } from '../terminal';
import { formatText } from './formatText';
import { formatJUnit } from './formatJUnit';
import { formatSarif } from './formatSarif';

/** By the name of a format. Only text is painted. */
export const FORMATS: Record<string, (report: Report, paint: Paint) => string> =
  {
    text: formatText,
    json: formatJson,
    github: formatGitHub,
    junit: formatJUnit,
    sarif: formatSarif,
  };

function formatJson(report: Report): string {
  return `${JSON.stringify(toJsonReport(report), null, 2)}\n`;
}

/** Commands of a GitHub workflow, which become annotations of the changed files. */
function formatGitHub({ findings, skipped }: Report): string {
  return [
    ...findings.map(finding =>
      gitHubCommand(finding.severity, finding, finding.message),
    ),
    ...skipped.map(({ reason, ...place }) =>
      gitHubCommand('notice', place, `Skipped: ${reason}`),
    ),
  ].join('');
}

function gitHubCommand(
  command: string,
  { file, line, column, code }: Partial<Finding>,
  message: string,
): string {
  const properties = Object.entries({ file, line, col: column, title: code })
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => `${key}=${escapeProperty(`${value}`)}`);
  return `::${command} ${properties.join(',')}::${escapeData(message)}\n`;
}

function escapeData(text: string): string {
  return text
    .replaceAll('%', '%25')
    .replaceAll('\r', '%0D')
    .replaceAll('\n', '%0A');
}

function escapeProperty(text: string): string {
  return escapeData(text).replaceAll(':', '%3A').replaceAll(',', '%2C');
}
