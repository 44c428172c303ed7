import type { Finding, Integration } from './integration';

export type Severity = 'error' | 'warning' | 'info';

/** Of the codes that are no warnings. */
const SEVERITIES: Record<string, Severity> = {
  misconfigured: 'error',
  failing: 'error',
  'all-records-invalid': 'error',
  'dead-deliveries': 'error',
  stale: 'error',
  'never-used': 'info',
};

export function toFinding(code: string, message: string): Finding {
  return { code, severity: SEVERITIES[code] ?? 'warning', message };
}

/** What the registry finds beside what the integration itself tells. */
export function findFaults(
  integration: Omit<Integration, 'findings'>,
): Finding[] {
  const { type, owner, state, freshness, counts, credentials } = integration;
  const isConfigured = !['misconfigured', 'unconfigured'].includes(state);
  const faults: Finding[] = [];
  if (type !== 'processor' && isConfigured && owner === undefined) {
    faults.push(
      toFinding('no-owner', 'Nobody is named to ask; set its key "owner"'),
    );
  }
  if (type === 'sender') {
    for (const { id, dueAt } of credentials.filter(each => each.isDue)) {
      faults.push(
        toFinding(
          'credential-due',
          `The secret "${id}" should have been replaced by ${dueAt}`,
        ),
      );
    }
    if (isConfigured && integration.lastSuccessAt === undefined) {
      faults.push(
        toFinding(
          'never-used',
          'No webhook was ever verified with a secret of it; remove it if nobody sends',
        ),
      );
    }
    if (counts.dead > 0) {
      faults.push(
        toFinding(
          'dead-deliveries',
          `Deliveries were given up: ${counts.dead}; GET /api/catalog/custom-data/deliveries?state=dead lists them`,
        ),
      );
    }
  }
  if (freshness?.isStale) {
    faults.push(
      toFinding(
        'stale',
        `No run over the list has succeeded for three poll intervals`,
      ),
    );
  }
  return faults;
}
