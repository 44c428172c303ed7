import { escapeControls } from '../../lib/values';
import type { Finding } from '../../validation/files/finding';
import type { Report } from '../../validation/files/report';

/** A test case for each error, and one for each file without any. */
export function formatJUnit(report: Report): string {
  const { files, findings, skipped } = report;
  const errors = findings.filter(({ severity }) => severity === 'error');
  const withErrors = new Set(errors.map(({ file }) => file));
  const cases = [
    ...errors.map(failedCase),
    ...files
      .filter(file => !withErrors.has(file))
      .map(file => passedCase(file, findings)),
    ...skipped.map(({ file, line, reason }) =>
      testCase(file, line === undefined ? 'file' : `line ${line}`, [
        `      <skipped${attributes({ message: reason })}/>`,
      ]),
    ),
  ];
  const counts = attributes({
    name: 'catalog-custom-data validate',
    tests: cases.length,
    failures: errors.length,
    errors: 0,
    skipped: skipped.length,
  });
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites${counts}>`,
    `  <testsuite${counts}>`,
    ...cases,
    '  </testsuite>',
    '</testsuites>',
    '',
  ].join('\n');
}

function failedCase(finding: Finding): string {
  const { file, line, column, code, message } = finding;
  return testCase(file, `${code} at ${line}:${column}`, [
    `      <failure${attributes({ message, type: code })}>${escapeXml(
      describe(finding),
    )}</failure>`,
  ]);
}

function passedCase(file: string, findings: Finding[]): string {
  const warnings = findings.filter(finding => finding.file === file);
  const text = escapeXml(warnings.map(describe).join('\n'));
  return testCase(
    file,
    'valid',
    warnings.length ? [`      <system-out>${text}</system-out>`] : [],
  );
}

function describe({ file, line, column, severity, message }: Finding): string {
  return `${escapeControls(file)}:${line}:${column} ${severity} ${message}`;
}

function testCase(file: string, name: string, content: string[]): string {
  const open = `    <testcase${attributes({ classname: file, name, file })}`;
  return content.length
    ? [`${open}>`, ...content, '    </testcase>'].join('\n')
    : `${open}/>`;
}

function attributes(values: Record<string, string | number>): string {
  return Object.entries(values)
    .map(([key, value]) => ` ${key}="${escapeXml(escapeControls(`${value}`))}"`)
    .join('');
}

function escapeXml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}
