import type { JsonObject } from '@backstage/types';
import { mapper, validateEntity } from './__testUtils__/fakes';
import { mapRecord, toContribution } from './mapRecord';

const component = (name: string, spec: JsonObject = {}) => ({
  apiVersion: 'backstage.io/v1alpha1',
  kind: 'Component',
  metadata: { name },
  spec,
});

const map = (...entities: JsonObject[]) =>
  mapRecord({
    record: {},
    recordId: 'r',
    mapper: { ...mapper, map: async () => ({ type: 'mapped', entities }) },
    validateEntity,
  });

describe('mapRecord', () => {
  it('refuses a record that gives one ref twice, whatever its case', async () => {
    await expect(map(component('a'), component('A'))).resolves.toMatchObject({
      type: 'invalid',
      problems: [{ code: 'entity-invalid', entityRef: 'component:default/a' }],
    });
  });

  it('takes a record that gives nothing', async () => {
    await expect(map()).resolves.toEqual({
      type: 'valid',
      entities: [],
      problems: [],
    });
  });

  it('does not map a record that does not conform to the schema', async () => {
    const outcome = await mapRecord({
      record: {},
      recordId: 'r',
      checkRecord: () => [
        { code: 'record-schema', severity: 'error', message: 'no' },
      ],
      mapper: {
        ...mapper,
        map: async () => {
          throw new Error('was asked');
        },
      },
      validateEntity,
    });
    expect(outcome).toMatchObject({
      type: 'invalid',
      problems: [{ code: 'record-schema' }],
    });
  });
});

describe('toContribution', () => {
  const owned = (owner: string) =>
    toContribution({
      source: 's',
      recordId: 'r',
      entity: component('a', { owner }),
    });

  it.each([
    ['Team-A', 'group:default/team-a'],
    [`group:default/${'x'.repeat(300)}`, undefined],
    ['te\u0000am', undefined],
    ['\ud800', undefined],
    ['', undefined],
  ])('knows the owner %j as %j', (owner, ref) => {
    expect(owned(owner).owner).toBe(ref);
  });

  it('gives equal entities equal hashes, in whatever order their members are', () => {
    const { hash } = toContribution({
      source: 's',
      recordId: 'r',
      entity: {
        spec: { owner: 'x' },
        metadata: { name: 'a' },
        kind: 'Component',
        apiVersion: 'backstage.io/v1alpha1',
      },
    });
    expect(owned('x').hash).toBe(hash);
  });
});
