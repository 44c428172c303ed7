import {
  type FindingCode,
  FINDING_CODES,
  FINDINGS,
} from '../../config/catalogCheck';
import type { Finding, Report } from '../../validation/files/finding';

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
            rules: FINDING_CODES.map(toRule),
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

/** GitHub requires all three texts. */
function toRule(id: FindingCode) {
  const { severity, meaning } = FINDINGS[id];
  const text = { text: meaning };
  return {
    id,
    shortDescription: text,
    fullDescription: text,
    help: text,
    defaultConfiguration: { level: severity },
  };
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
