const TEAMS = ['identity', 'payments', 'storefront', 'orders', 'data-platform'];
const LANGUAGES = ['go', 'kotlin', 'typescript', 'rust', 'java', 'python'];
const PARTS = ['basket', 'ledger', 'invoice', 'parcel', 'stock', 'session'];
const ROLES = ['api', 'worker', 'importer', 'gateway', 'export'];
const LIFECYCLES = ['production', 'production', 'experimental', 'deprecated'];

/** One service of an invented registry: about 590 bytes of JSON. */
export type ServiceRecord = ReturnType<typeof createRecord>;

const pick = <T>(from: T[], index: number) => from[index % from.length];

const nameOf = (index: number) =>
  `${pick(PARTS, index)}-${pick(ROLES, index)}-${`${index}`.padStart(6, '0')}`;

/** Stands in the description of a record, and nowhere else. */
export const revisionMark = (revision: number) => `(revision ${revision})`;

/** The same record for the same arguments. */
export function createRecord(index: number, revision: number) {
  const serviceId = nameOf(index);
  const team = pick(TEAMS, Math.floor(index / 7));
  return {
    serviceId,
    team,
    description: `Looks after the ${pick(PARTS, index)} of team ${team}, ${
      index % 2 ? 'for customers and partners' : 'for the back office'
    } ${revisionMark(revision)}`,
    tier: 1 + (index % 3),
    language: pick(LANGUAGES, index),
    lifecycle: pick(LIFECYCLES, index),
    repository: `https://git.example.com/harbour-pine/${team}/${serviceId}`,
    dashboardUrl: `https://grafana.example.com/d/${serviceId}/overview`,
    runbook: `https://wiki.example.com/runbooks/${serviceId}`,
    oncallChannel: `#oncall-${team}`,
    dependsOn: [nameOf(index + 1), nameOf(index + 13)],
    costCentre: `CC-${4000 + (index % 250)}`,
    createdAt: new Date(1_600_000_000_000 + index * 60_000).toISOString(),
  };
}
