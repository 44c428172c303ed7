import { resourceEntityV1alpha1Validator } from '@backstage/catalog-model';
import { type FeedingIntegration, toEntities } from './toEntities';

const SOURCE: FeedingIntegration = {
  type: 'source',
  name: 'registry',
  title: 'Service registry',
  owner: 'group:default/platform',
  purpose: 'Who owns what',
  feeds: ['component:default/a', 'system:default/s'],
};
const SENDER: FeedingIntegration = { type: 'sender', name: 'ci', feeds: [] };

describe('toEntities', () => {
  it('shows an integration with its owner, its purpose and what it feeds', () => {
    expect(toEntities([SOURCE])).toEqual([
      {
        apiVersion: 'backstage.io/v1beta1',
        kind: 'Resource',
        metadata: {
          name: 'custom-data-source-registry',
          title: 'Service registry',
          description: 'Who owns what',
          annotations: {
            'backstage.io/managed-by-location': 'custom-data:integrations',
            'backstage.io/managed-by-origin-location':
              'custom-data:integrations',
          },
        },
        spec: {
          type: 'catalog-integration',
          owner: 'group:default/platform',
          dependencyOf: ['component:default/a', 'system:default/s'],
        },
      },
    ]);
  });

  it('names an unknown owner, and the integration itself, where nothing else is said', () => {
    const [{ metadata, spec }] = toEntities([SENDER]);
    expect(metadata).toMatchObject({
      name: 'custom-data-sender-ci',
      title: 'ci',
    });
    expect(metadata).not.toHaveProperty('description');
    expect(spec.owner).toBe('unknown');
  });

  it('gives long names that differ only at their end names of their own', async () => {
    const ends = ['a', 'b'];
    const entities = toEntities([
      SOURCE,
      ...ends.map(end => ({ ...SENDER, name: `${'x'.repeat(62)}${end}` })),
    ]);
    const names = entities.map(({ metadata }) => metadata.name);
    expect(new Set(names).size).toBe(3);
    expect(names.map(name => name.length)).toEqual([27, 63, 63]);
    for (const entity of entities) {
      await expect(resourceEntityV1alpha1Validator.check(entity)).resolves.toBe(
        true,
      );
    }
  });
});
