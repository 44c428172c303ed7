import { ConfigReader } from '@backstage/config';
import { readCustomDataSettings } from '../config/settings';
import { createExtensions } from '../extension';
import { prepareSources } from './prepareSources';

describe('prepareSources', () => {
  const url = 'http://registry.invalid/metadata';
  const prepare = (sources: object) =>
    prepareSources({
      settings: readCustomDataSettings(
        new ConfigReader({ catalog: { customData: { sources } } } as any),
      ),
      extensions: createExtensions().extensions,
      now: () => new Date(0),
    });

  it('names everything that is wrong with the mapping of a source, and stops no other', async () => {
    const { sources, misconfigured } = await prepare({
      sound: { url },
      bad: {
        url,
        id: '$slg(id)',
        when: 'a =',
        entity: {
          kind: 'Group',
          metadata: { name: '${{ id', annotations: ['a'] },
          spec: { type: 'a', children: [] },
        },
      },
      one: {
        url,
        id: 'id',
        entity: {
          kind: 'Component',
          metadata: { name: 'a' },
          spec: { type: 'a', lifecycle: 'b' },
        },
      },
    });

    expect(sources.map(({ settings }) => settings.name)).toEqual(['sound']);
    expect(misconfigured[0]).toMatchObject({
      name: 'bad',
      key: 'catalog.customData.sources.bad',
      reason: expect.stringMatching(
        /^id: .*\$slug\?; when: .*; entity\[0\]\.metadata\.name: .*; entity\[0\]\.kind: is "Group".*; entity\[0\]\.metadata\.annotations: must be object; correct it in the template \(\["a"\]\)$/,
      ),
    });
    expect(misconfigured[1]).toEqual({
      name: 'one',
      key: 'catalog.customData.sources.one.entity[0].spec.owner',
      reason:
        'is missing; set it in the template; an environment variable that is not set makes its key vanish',
    });
  });

  it('names what is wrong with the code and the schema of a source beside its expressions', async () => {
    const { misconfigured } = await prepare({
      bad: {
        url,
        id: '$slg(id)',
        transformer: 'teams',
        schema: { type: 'objekt' },
      },
      coded: { type: 'custom' },
    });

    expect(misconfigured).toEqual([
      {
        name: 'bad',
        key: 'catalog.customData.sources.bad',
        reason: expect.stringMatching(
          /^id: .*\$slug\?; transformer: is "teams", and no module has added it .*; there are none; schema: cannot be used as a JSON Schema; .* caused by Error: schema is invalid/,
        ),
      },
      {
        name: 'coded',
        key: 'catalog.customData.sources.coded.type',
        reason: expect.stringMatching(
          /^is "custom", and no module has added a source of the name "coded" /,
        ),
      },
    ]);
  });
});
