/** Services that tell of deployments. */
export const SERVICES = 500;

const BYTES = 8_000;

/** What a pipeline sends beside what a receiver needs, such as the changes that went out. */
const CHANGES = Array.from(
  { length: 200 },
  (_, index) =>
    `${(index * 2_654_435_761).toString(16).padStart(12, '0')} Mend what part ${
      index * 7
    } of the importer does with late answers; `,
).join('');

/** A payload of 8,000 bytes, each different. */
export function createPayload(options: {
  /** Different for each. */
  id: string;
  service: string;
  time: Date;
  catalogRefresh?: boolean;
}): Buffer {
  const { id, service, time, catalogRefresh = false } = options;
  const payload = {
    event: 'deployment.success',
    service,
    version: id,
    catalog_refresh: catalogRefresh,
    metadata: { owner: 'team-harbour', environment: 'production' },
    time: time.toISOString(),
    url: `https://ci.example.com/runs/${id}`,
    commit: 'b1946ac92492d2347c6235b4d2611184',
    changes: '',
  };
  payload.changes = CHANGES.slice(0, BYTES - JSON.stringify(payload).length);
  return Buffer.from(JSON.stringify(payload));
}
