import { type Entity, stringifyEntityRef } from '@backstage/catalog-model';
import type { JsonObject } from '@backstage/types';
import { readCustomDataSettings } from '../src/config/settings';
import { createRecordMapper } from '../src/mapping/createRecordMapper';
import { createEntityValidator } from '../src/validation/createEntityValidator';
import { readGovuk, whereGovukIs } from './govukData';
import { createCompany } from './metadataApi/company';
import { readDevConfig } from './testing';

async function readSettings(file: string) {
  const config = await readDevConfig(file);
  const settings = readCustomDataSettings(config);
  expect(settings).toMatchObject({
    faults: [],
    misconfiguredSources: [],
    misconfiguredSenders: [],
    senders: [expect.objectContaining({ name: 'ci' })],
  });
  return settings.sources[0];
}

/** The entities of all records; throws at the first problem. */
async function mapAll(file: string, records: JsonObject[]): Promise<Entity[]> {
  const settings = await readSettings(file);
  const mapper = createRecordMapper(settings);
  const validate = createEntityValidator(settings);

  const entities = records.map(async record => {
    const id = (await mapper.recordId(record))!;
    const mapped = await mapper.map(record, id);
    if (mapped.type === 'failed') {
      throw new Error(JSON.stringify(mapped.problems));
    }
    const [candidate] = mapped.entities;
    const validated = await validate(candidate, id);
    if (validated.type === 'invalid') {
      throw new Error(JSON.stringify(validated.problems));
    }
    expect(validated.entity.metadata.name).toBe(id);
    return validated.entity;
  });
  return Promise.all(entities);
}

const refsOf = (entities: Entity[]) =>
  new Set(entities.map(entity => stringifyEntityRef(entity)));

describe('the mapping of app-config.yaml', () => {
  it('makes an entity of every service', async () => {
    const records = createCompany().map(record => ({ ...record }));
    const entities = await mapAll('app-config.yaml', records);

    expect(refsOf(entities).size).toBe(records.length);
    expect(entities).toContainEqual(
      expect.objectContaining({
        kind: 'Component',
        metadata: expect.objectContaining({
          name: 'invoicing',
          tags: ['java', 'tier-2'],
          links: [
            expect.objectContaining({ title: 'Repository' }),
            expect.objectContaining({ title: 'Dashboard' }),
          ],
        }),
        spec: {
          type: 'service',
          lifecycle: 'production',
          owner: 'group:payments',
          dependsOn: ['component:payments-ledger', 'component:document-store'],
        },
      }),
    );
  });

  it('takes a record that has no more than it must', async () => {
    const [entity] = await mapAll('app-config.yaml', [
      { serviceId: 'small', team: 'payments', lifecycle: 'production' },
    ]);

    expect(entity.metadata).toMatchObject({ tags: [], links: [] });
    expect(entity.spec).toEqual({
      type: 'service',
      lifecycle: 'production',
      owner: 'group:payments',
    });
  });
});

whereGovukIs('the mapping of app-config.govuk.yaml', () => {
  let entities: Entity[];
  beforeAll(async () => {
    entities = await mapAll('app-config.govuk.yaml', await readGovuk());
  });

  const named = (name: string) =>
    entities.find(entity => entity.metadata.name === name);

  it('makes 136 entities of the 136 records', () => {
    expect(entities).toHaveLength(136);
    expect(refsOf(entities).size).toBe(136);
  });

  it('finds a type for every record', () => {
    const counts: Record<string, number> = {};
    for (const { kind, spec } of entities) {
      const type = `${kind} ${spec?.type}`;
      counts[type] = (counts[type] ?? 0) + 1;
    }

    expect(counts).toEqual({
      'Component library': 24,
      'Component service': 36,
      'Component tool': 46,
      'Component website': 18,
      'Resource data-pipeline': 11,
      'Resource documentation': 1,
    });
  });

  it('makes one entity of each app that shares a repository', () => {
    for (const app of ['backend', 'frontend', 'feed']) {
      expect(named(`licensify-${app}`)?.metadata.annotations).toMatchObject({
        'github.com/project-slug': 'alphagov/licensify',
      });
    }
  });

  it('links what is a URL, and names the owner by the channel', () => {
    expect(named('authenticating-proxy')?.metadata.links).toEqual([]);
    expect(named('content-block-manager')).toMatchObject({
      metadata: {
        annotations: { 'custom/argo-cd-apps': 'content-block-manager' },
        tags: ['publishing-apps', 'eks'],
        links: [
          { title: 'Production' },
          { title: 'Logs' },
          { title: 'Logs of the worker' },
        ],
      },
      spec: {
        lifecycle: 'production',
        owner: 'group:govuk-publishing-content-reuse-dev',
      },
    });
  });
});
