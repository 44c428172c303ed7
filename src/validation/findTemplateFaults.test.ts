import type { JsonObject } from '@backstage/types';
import { findTemplateFaults } from './findTemplateFaults';

const SETTINGS = {
  name: 'registry',
  kinds: ['Component', 'API', 'User'],
  namespaces: ['default'],
  maxEntityBytes: 10_000,
};

const templateOf = (change: {
  root?: JsonObject;
  metadata?: JsonObject;
  spec?: JsonObject;
}): JsonObject => ({
  apiVersion: 'backstage.io/v1alpha1',
  kind: 'Component',
  metadata: { name: '${{ id }}', ...change.metadata },
  spec: {
    type: 'service',
    lifecycle: '${{ stage }}',
    owner: 'group:${{ team }}',
    ...change.spec,
  },
  ...change.root,
});

async function faultsOf(template: JsonObject, settings = {}) {
  const faults = await findTemplateFaults(template, {
    ...SETTINGS,
    ...settings,
  });
  return faults.map(({ path, reason }) => `${path} ${reason}`);
}

describe('findTemplateFaults', () => {
  it.each<[string, Parameters<typeof templateOf>[0]]>([
    ['texts', {}],
    ['a kind in another case', { root: { kind: 'component' } }],
    [
      'a kind of the record, of which the rest depends',
      { root: { kind: '${{ kind }}', spec: {} } },
    ],
    ['a namespace of the record', { metadata: { namespace: '${{ ns }}' } }],
    ['an API version of the record', { root: { apiVersion: '${{ v }}' } }],
    [
      'lists and objects of the record',
      {
        metadata: {
          annotations: '${{ a }}',
          labels: '${{ a }}',
          tags: '${{ a }}',
          links: ['${{ a }}', { url: 'https://${{ a }}' }, { url: '${{ a }}' }],
        },
        spec: { dependsOn: '${{ a }}', consumesApis: ['${{ a }}', '${{ b }}'] },
      },
    ],
    [
      'values of other types',
      {
        root: {
          kind: 'User',
          spec: { profile: '${{ p }}', memberOf: '${{ m }}' },
        },
      },
    ],
  ])(
    'finds nothing where records may give what is valid: %s',
    async (_, change) => {
      expect(await faultsOf(templateOf(change))).toEqual([]);
    },
  );

  it.each<[string, Parameters<typeof templateOf>[0], string]>([
    [
      'a kind that "kinds" lacks',
      { root: { kind: 'Group', spec: { type: 'a', children: [] } } },
      'kind is "Group", and the source may give only "Component", "API", "User"; add it to "kinds"',
    ],
    [
      'a namespace that "namespaces" lacks',
      { metadata: { namespace: 'platform' } },
      'metadata.namespace is "platform", and the source may give only "default"',
    ],
    [
      'annotations as a list',
      { metadata: { annotations: ['${{ a }}', 'b'] } },
      'metadata.annotations must be object; correct it in the template',
    ],
    [
      'an owner that vanished with its variable',
      { root: { spec: { type: 'service', lifecycle: '${{ a }}' } } },
      'spec.owner is missing; set it in the template; an environment variable',
    ],
    [
      'what another kind needs, behind values of records',
      {
        root: { kind: 'API' },
        metadata: { tags: '${{ a }}', links: '${{ b }}' },
      },
      'spec.definition is missing; set it in the template',
    ],
    [
      'a literal tag beside one of the record',
      { metadata: { tags: ['${{ a }}', 'Not A Tag'] } },
      'metadata.tags[1] is not valid; use a-z',
    ],
    [
      'a placeholder',
      { spec: { definition: { $text: 'https://h/${{ a }}' } } },
      'spec.definition holds the placeholder "$text"',
    ],
  ])('finds what no record can make valid: %s', async (_, change, message) => {
    expect(await faultsOf(templateOf(change))).toEqual([
      expect.stringContaining(message),
    ]);
  });

  it('finds an annotation that is required and not in the template', async () => {
    const settings = { requiredAnnotations: ['custom/pager'] };
    const annotations = { 'custom/other': 'a' };
    expect(
      await faultsOf(templateOf({ metadata: { annotations } }), settings),
    ).toEqual([
      expect.stringContaining('metadata.annotations["custom/pager"]'),
    ]);
    expect(
      await faultsOf(
        templateOf({ metadata: { annotations: '${{ a }}' } }),
        settings,
      ),
    ).toEqual([]);
  });
});
