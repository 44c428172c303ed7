import { escapeControls } from '../../lib/values';
import type { Finding, Report } from '../../validation/files/finding';

/**
 * A test case for each error, and one for each file without any. It conforms to
 * the schema of Jenkins, which knows no `file` and no `line`.
 */
export function formatJUnit({ files, findings, skipped }: Report): string {
  const errors = findings.filter(({ severity }) => severity === 'error');
  const withErrors = new Set(errors.map(({ file }) => file));
  const cases = [
    ...errors.map(failedCase),
    ...files
      .filter(file => !withErrors.has(file))
      .map(file => passedCase(file, findings)),
    ...skipped.map(({ file, line, reason }) =>
      testCase(
        { classname: file, name: line === undefined ? 'file' : `line ${line}` },
        `<skipped${attributes({ message: reason })}/>`,
      ),
    ),
  ];
  const counts = {
    name: 'catalog-custom-data validate',
    tests: cases.length,
    failures: errors.length,
    errors: 0,
  };
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites${attributes(counts)}>`,
    `  <testsuite${attributes({ ...counts, skipped: skipped.length })}>`,
    ...cases,
    '  </testsuite>',
    '</testsuites>',
    '',
  ].join('\n');
}

function failedCase(finding: Finding): string {
  const { file, line, column, code, message } = finding;
  return testCase(
    { classname: file, name: `${code} at ${line}:${column}` },
    `<failure${attributes({ message, type: code })}>${escapeXml(
      describe(finding),
    )}</failure>`,
  );
}

function passedCase(file: string, findings: Finding[]): string {
  const warnings = findings.filter(finding => finding.file === file);
  const text = escapeXml(warnings.map(describe).join('\n'));
  return testCase(
    { classname: file, name: 'valid' },
    text && `<system-out>${text}</system-out>`,
  );
}

function describe({ file, line, column, severity, message }: Finding): string {
  return `${escapeControls(file)}:${line}:${column} ${severity} ${message}`;
}

function testCase(of: Record<string, string>, content: string): string {
  const open = `    <testcase${attributes(of)}`;
  return content ? `${open}>\n      ${content}\n    </testcase>` : `${open}/>`;
}

function attributes(values: Record<string, string | number>): string {
  return Object.entries(values)
    .map(([key, value]) => ` ${key}="${escapeXml(escapeControls(`${value}`))}"`)
    .join('');
}

/** XML forbids two characters that YAML allows in a name. */
function escapeXml(text: string): string {
  return text
    .replace(/[\uFFFE\uFFFF]/g, '\uFFFD')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}
