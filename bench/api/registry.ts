export const TEAMS = [
  'identity',
  'payments',
  'storefront',
  'orders',
  'warehouse',
  'delivery',
  'data-platform',
  'platform',
];
const LANGUAGES = ['go', 'kotlin', 'typescript', 'rust', 'java', 'python'];
const SUBJECTS = ['basket', 'ledger', 'invoice', 'parcel', 'stock', 'session'];
const ROLES = ['api', 'worker', 'importer', 'gateway', 'export'];
const LIFECYCLES = ['production', 'production', 'experimental', 'deprecated'];

/** One service as the invented registry describes it: about 590 bytes of JSON. */
export interface ServiceRecord {
  serviceId: string;
  team: string;
  description: string;
  tier: number;
  language: string;
  lifecycle: string;
  repository: string;
  dashboardUrl: string;
  runbook: string;
  oncallChannel: string;
  dependsOn: string[];
  costCentre: string;
  createdAt: string;
}

const pick = <T>(from: T[], index: number) => from[index % from.length];

const nameOf = (index: number) =>
  `${pick(SUBJECTS, index)}-${pick(ROLES, index)}-${String(index).padStart(
    6,
    '0',
  )}`;

/** Where in the registry a record of that id stands. */
export function indexOf(serviceId: string): number | undefined {
  const index = Number(/\d{6}$/.exec(serviceId)?.[0]);
  return nameOf(index) === serviceId ? index : undefined;
}

/** What a description says of a record's revision; nothing else in it does. */
export const revisionMark = (revision: number) => `(revision ${revision})`;

/** The same record for the same arguments. */
export function createRecord(index: number, revision: number): ServiceRecord {
  const serviceId = nameOf(index);
  const team = pick(TEAMS, Math.floor(index / 7));
  return {
    serviceId,
    team,
    description: `Looks after the ${pick(SUBJECTS, index)} of team ${team}, ${
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

/** What the next list differs in from the one before, as shares of the records. */
export interface Change {
  changed?: number;
  removed?: number;
}

/** The records of the registry as JSON, one text each, so that only what changes is written anew. */
export class Registry {
  readonly #texts: string[];
  #revision = 1;

  constructor(count: number) {
    this.#texts = Array.from({ length: count }, (_, index) =>
      JSON.stringify(createRecord(index, 1)),
    );
  }

  get revision(): number {
    return this.#revision;
  }

  get texts(): readonly string[] {
    return this.#texts;
  }

  /** Changes records that lie evenly over the list, and drops others at its end. */
  apply({ changed = 0, removed = 0 }: Change): { changed: number } {
    this.#texts.length -= Math.round(this.#texts.length * removed);
    const count = Math.round(this.#texts.length * changed);
    if (count > 0) {
      this.#revision += 1;
    }
    for (let nth = 0; nth < count; nth += 1) {
      const index = Math.floor((nth * this.#texts.length) / count);
      this.#texts[index] = JSON.stringify(createRecord(index, this.#revision));
    }
    return { changed: count };
  }
}
