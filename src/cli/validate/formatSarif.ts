import { DEFAULT_SEVERITIES, FINDING_CODES } from '../../config/catalogCheck';
import type { Finding } from '../../validation/files/finding';
import type { Report } from '../../validation/files/report';

/** SARIF 2.1.0, which GitHub's code scanning and editors read. */
export function formatSarif({ findings, skipped }: Report): string {
  const log = {
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    version: '2.1.0',
    runs: [
      {
        tool: {
          driver: {
            name: 'catalog-custom-data',
            rules: FINDING_CODES.map(id => ({
              id,
              defaultConfiguration: { level: DEFAULT_SEVERITIES[id] },
            })),
          },
        },
        columnKind: 'utf16CodeUnits',
        results: findings.map(toResult),
        invocations: [
          {
            executionSuccessful: true,
            toolExecutionNotifications: skipped.map(({ reason, ...place }) => ({
              level: 'note',
              message: { text: `Skipped: ${reason}` },
              locations: [toLocation(place)],
            })),
          },
        ],
      },
    ],
  };
  return `${JSON.stringify(log, null, 2)}\n`;
}

function toResult({ code, severity, message, ...place }: Finding) {
  return {
    ruleId: code,
    ruleIndex: FINDING_CODES.indexOf(code),
    level: severity,
    message: { text: message },
    locations: [toLocation(place)],
  };
}

function toLocation({
  file,
  line,
  column,
}: Pick<Finding, 'file'> & Partial<Finding>) {
  const uri = file.split('/').map(encodeURIComponent).join('/');
  return {
    physicalLocation: {
      artifactLocation: { uri },
      ...(line !== undefined && {
        region: { startLine: line, startColumn: column },
      }),
    },
  };
}
