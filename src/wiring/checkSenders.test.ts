import { ConfigReader } from '@backstage/config';
import { SENDER } from '../__testUtils__/startCatalog';
import { readCustomDataSettings } from '../config/settings';
import { checkSenders } from './checkSenders';

const MAPPING = {
  event: '"deployment.success"',
  service: 'app',
  version: 'tag',
  environment: 'env',
};

const check = (mapping: object) =>
  checkSenders(
    readCustomDataSettings(
      new ConfigReader({
        catalog: {
          customData: {
            webhooks: {
              ci: SENDER,
              tool: {
                ...SENDER,
                dialect: 'json',
                mapping: { ...MAPPING, ...mapping },
                aliases: { pay: 'payments' },
              },
            },
          },
        },
      }),
    ),
  );

describe('checkSenders', () => {
  it('keeps senders whose mapping can be used, and those that have none', () => {
    const { senders, misconfiguredSenders } = check({});
    expect(senders.map(({ name }) => name)).toEqual(['ci', 'tool']);
    expect(misconfiguredSenders).toEqual([]);
  });

  it('stops a sender whose expression is none, names the key and the place, and no other sender', () => {
    const { senders, misconfiguredSenders } = check({ version: 'tag & ' });
    expect(senders.map(({ name }) => name)).toEqual(['ci']);
    expect(misconfiguredSenders).toMatchObject([
      {
        name: 'tool',
        key: 'catalog.customData.webhooks.tool.mapping.version',
        reason: expect.stringMatching(
          /^the expression "tag &" .*cannot be used/,
        ),
        // What it reported before is still shown under its names.
        entity: 'component:default/{service}',
        aliases: { pay: 'payments' },
      },
    ]);
  });

  it('names all expressions that cannot be used at once', () => {
    const [{ reason }] = check({
      version: '(',
      environment: '$nope(env)',
    }).misconfiguredSenders;
    expect(reason).toContain('mapping.version');
    expect(reason).toContain('mapping.environment');
  });
});
