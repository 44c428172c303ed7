import type { Integration } from './integration';

/** The registry as a document for an audit. */
export function toMarkdown(integrations: Integration[], now: Date): string {
  const lines = [
    '# Integrations',
    '',
    `${
      integrations.length
    } integrations write to the catalog or change what it shows, as of ${now.toISOString()}.`,
    '',
    row([
      'integration',
      'owner',
      'purpose',
      'state',
      'may write',
      'last success',
    ]),
    '|---|---|---|---|---|---|',
    ...integrations.map(each =>
      row([
        `${each.type} ${each.name}`,
        each.owner ?? 'none',
        each.purpose ?? '',
        each.state,
        `${each.kinds.join(', ')} in ${each.namespaces.join(', ')}`,
        each.lastSuccessAt ?? 'never',
      ]),
    ),
    '',
    '## Credentials',
    '',
    row([
      'integration',
      'credential',
      'first seen',
      'age in days',
      'due',
      'last used',
    ]),
    '|---|---|---|---|---|---|',
    ...integrations.flatMap(({ type, name, credentials }) =>
      credentials.map(each =>
        row([
          `${type} ${name}`,
          each.id,
          each.firstSeenAt,
          String(each.ageDays),
          each.isDue ? `${each.dueAt}, overdue` : each.dueAt,
          each.lastUsedAt ?? '',
        ]),
      ),
    ),
    '',
    '## Findings',
    '',
    row(['severity', 'integration', 'code', 'what']),
    '|---|---|---|---|',
    ...integrations.flatMap(({ type, name, findings }) =>
      findings.map(({ severity, code, message }) =>
        row([severity, `${type} ${name}`, code, message]),
      ),
    ),
  ];
  return `${lines.join('\n')}\n`;
}

/** No text breaks out of its cell. */
function row(cells: string[]): string {
  const safe = cells.map(cell =>
    cell.replace(/\s+/g, ' ').replace(/[\\|<>`[\]]/g, '\\$&'),
  );
  return `| ${safe.join(' | ')} |`;
}
