import { readSender } from './readSender';

const secret = 'a-secret-of-length';
const secrets = [{ id: 'one', secret }];

function read(value: object) {
  const parsed = readSender({
    name: 'ci',
    value: { secrets, ...value },
    path: ['root', 'ci'],
    sourceNames: ['service-registry'],
  });
  if (parsed.type === 'faulty') {
    throw new Error(JSON.stringify(parsed.faults));
  }
  return parsed.value;
}

describe('readSender', () => {
  it('needs no more than secrets', () => {
    expect(read({})).toEqual({
      name: 'ci',
      dialect: 'catalog',
      secrets: [{ id: 'one', key: Buffer.from(secret) }],
      requireTimestamp: false,
      timeWindowMs: 300_000,
      trustProxy: false,
      rateLimit: { requests: 1200, windowMs: 60_000 },
      concurrency: 50,
      maxBodyBytes: 1_000_000,
      paused: false,
      namespaces: ['default'],
      entity: 'component:default/{service}',
      aliases: {},
    });
  });

  it('reads Standard Webhooks, which always sign the time', () => {
    const base64 = Buffer.alloc(24, 1).toString('base64');
    expect(
      read({
        dialect: 'standard-webhooks',
        secrets: [{ id: 'one', secret: `whsec_${base64}` }],
      }),
    ).toMatchObject({
      dialect: 'standard-webhooks',
      secrets: [{ id: 'one', key: Buffer.alloc(24, 1) }],
      requireTimestamp: true,
    });
  });

  it('reads who may send, from where and how much', () => {
    expect(
      read({
        requireTimestamp: 'true',
        timeWindow: 'PT1M',
        allowFrom: ['10.0.0.0/8', '2001:db8::1'],
        trustProxy: '1',
        rateLimit: { requests: '60' },
        concurrency: 5,
        maxBodyBytes: 1000,
        paused: true,
      }),
    ).toMatchObject({
      requireTimestamp: true,
      timeWindowMs: 60_000,
      allowFrom: ['10.0.0.0/8', '2001:db8::1/128'],
      trustProxy: 1,
      rateLimit: { requests: 60, windowMs: 60_000 },
      concurrency: 5,
      maxBodyBytes: 1000,
      paused: true,
    });
  });

  it('reads what it may tell of, services in lower case', () => {
    expect(
      read({
        entity: 'component:shop/{service}',
        namespaces: ['shop', 'default', 'shop'],
        services: ['Payments-*', 'web'],
        environments: ['staging', 'Production'],
      }),
    ).toMatchObject({
      namespaces: ['shop', 'default'],
      services: ['payments-*', 'web'],
      environments: ['staging', 'Production'],
    });
  });

  it('lets a sender touch the namespace of its entity alone', () => {
    const entity = 'component:Shop/{service}';
    expect(read({ entity }).namespaces).toEqual(['shop']);
  });

  it('takes a proxy without a list of who may send', () => {
    expect(read({ trustProxy: ['10.0.0.1'] })).toMatchObject({
      trustProxy: ['10.0.0.1/32'],
    });
  });

  it('looks up the record by the name of the service', () => {
    expect(read({ record: { source: 'service-registry' } }).record).toEqual({
      source: 'service-registry',
      id: '{service}',
    });
  });

  it('reads aliases in lower case', () => {
    expect(read({ aliases: { 'Old-Name': 'new-name' } }).aliases).toEqual({
      'old-name': 'new-name',
    });
  });

  it('spells out the ref in lower case', () => {
    expect(read({ entity: 'API:svc-{service}' }).entity).toBe(
      'api:default/svc-{service}',
    );
  });

  it('takes several secrets while one is rotated', () => {
    const two = [...secrets, { id: 'two', secret: 'another-16-bytes' }];
    expect(read({ secrets: two }).secrets.map(({ id }) => id)).toEqual([
      'one',
      'two',
    ]);
  });
});
