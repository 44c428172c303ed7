import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { ConfigReader } from '@backstage/config';
import { parse } from 'yaml';
import { readCustomDataSettings } from './readCustomDataSettings';

const FILE = resolve(__dirname, '../../app-config.example.yaml');
const VARIABLES: Record<string, string> = {
  REGISTRY_TOKEN: 'token',
  ASSETS_CLIENT_SECRET: 'client-secret',
  CATALOG_WEBHOOK_SECRET: 'a-secret-of-32-characters-or-so!',
};

const { customData } = parse(
  readFileSync(FILE, 'utf8').replace(
    /\$\{(\w+)\}/g,
    (_match, name) => VARIABLES[name],
  ),
).catalog;
const source = customData.sources['service-registry'];
const asked = customData.sources['asset-inventory'];
const custom = customData.sources['team-directory'];
const sender = customData.webhooks.ci;

const read = (block: typeof customData) =>
  readCustomDataSettings(new ConfigReader({ catalog: { customData: block } }));

describe('app-config.example.yaml', () => {
  it('has nothing misconfigured in it', () => {
    expect(read(customData)).toMatchObject({
      sources: [
        { name: 'service-registry' },
        { name: 'asset-inventory' },
        { name: 'team-directory' },
      ],
      senders: [{ name: 'ci', secrets: [{ id: '2026-q4' }] }],
      misconfiguredSources: [],
      misconfiguredSenders: [],
      faults: [],
    });
  });

  it('shows every key', () => {
    const { sources, senders } = read(customData);
    const sorted = (value: object) => Object.keys(value).sort();
    expect(sorted({ ...custom, ...asked, ...source, name: '' })).toEqual(
      sorted(Object.assign({}, ...sources)),
    );
    const { timeout, ...request } = source.request;
    expect(sorted({ ...request, timeoutMs: timeout })).toEqual(
      sorted(sources[0].request),
    );
    const { timeWindow, ...rest } = sender;
    expect(sorted({ ...rest, timeWindowMs: timeWindow, name: '' })).toEqual(
      sorted(senders[0]),
    );
    const { secret, ...dates } = sender.secrets[0];
    expect(sorted({ ...dates, key: secret })).toEqual(
      sorted(senders[0].secrets[0]),
    );
  });

  it('shows the default of each key that has one', () => {
    const { title, owner, headers, records, ...withDefaults } = source;
    const { requestsPerSecond, ...request } = source.request;
    withDefaults.request = request;
    expect(read({ sources: { a: withDefaults } }).sources).toEqual(
      read({ sources: { a: { url: source.url } } }).sources,
    );
    const { url, pagination } = asked;
    expect(read({ sources: { a: { url, pagination } } }).sources).toEqual(
      read({ sources: { a: { url, pagination: { type: 'offset' } } } }).sources,
    );
    const { allowFrom, trustProxy, services, environments, ...others } = sender;
    const { record, aliases, ...senderWithDefaults } = others;
    expect(read({ webhooks: { ci: senderWithDefaults } }).senders).toEqual(
      read({ webhooks: { ci: { secrets: sender.secrets } } }).senders,
    );
    expect(read(customData).retention).toEqual(read({}).retention);
  });
});
