import { toMisconfigured } from './messages';
import { readSender } from './sender';

const secret = 'a-secret-of-length';
const secrets = [{ id: 'one', secret }];
const path = ['root', 'ci'];
const names = { sources: ['service-registry'], dialects: ['acme-deploy'] };

function read(value: object) {
  const parsed = readSender(
    { name: 'ci', value: { secrets, ...value }, path },
    names,
  );
  if (parsed.type === 'faulty') {
    throw new Error(JSON.stringify(parsed.faults));
  }
  return parsed.value;
}

function faultOf(value: unknown, name = 'ci') {
  const parsed = readSender({ name, value, path }, names);
  if (parsed.type === 'ok') {
    throw new Error('Expected a fault');
  }
  return toMisconfigured(name, path, parsed.faults);
}

describe('readSender', () => {
  it('needs only secrets', () => {
    expect(read({})).toEqual({
      name: 'ci',
      dialect: 'catalog',
      signature: 'catalog',
      verify: { all: ['hmac'], tokenHeader: 'authorization' },
      secrets: [{ id: 'one', key: Buffer.from(secret) }],
      requireTimestamp: false,
      timeWindowMs: 300_000,
      trustProxy: false,
      rateLimit: { requests: 1200, windowMs: 60_000 },
      concurrency: 50,
      maxBodyBytes: 1_000_000,
      paused: false,
      hold: false,
      entity: 'component:default/{service}',
      aliases: {},
    });
  });

  it('requires a timestamp with Standard Webhooks', () => {
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

  it('reads networks and limits', () => {
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

  it('reads what it may report on, services in lower case', () => {
    expect(
      read({
        entity: 'component:shop/{service}',
        namespaces: ['shop', 'default'],
        services: ['Payments-*', 'web'],
        environments: ['staging', 'Production'],
      }),
    ).toMatchObject({
      services: ['payments-*', 'web'],
      environments: ['staging', 'Production'],
    });
  });

  it('accepts trustProxy without allowFrom', () => {
    expect(read({ trustProxy: ['10.0.0.1'] })).toMatchObject({
      trustProxy: ['10.0.0.1/32'],
    });
  });

  it('uses the name of the service as the id of the record', () => {
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

  it('completes the entity ref, in lower case', () => {
    expect(read({ entity: 'API:svc-{service}' }).entity).toBe(
      'api:default/svc-{service}',
    );
  });

  it('accepts several secrets', () => {
    const two = [...secrets, { id: 'two', secret: 'another-16-bytes' }];
    expect(read({ secrets: two }).secrets.map(({ id }) => id)).toEqual([
      'one',
      'two',
    ]);
  });
});
describe('the faults of a sender', () => {
  it.each([
    ['secrets', {}, 'is missing; an environment variable'],
    ['secrets', { secrets: [] }, 'present and empty'],
    ['secrets', { secrets: secret }, 'must be a list, not a string'],
    ['secrets[0]', { secrets: [secret] }, 'must be a map'],
    ['', { secrets: [{}] }, 'secrets[0].secret: is missing'],
    [
      'secrets[0].secret',
      { secrets: [{ id: 'a' }] },
      'is missing; an environment',
    ],
    ['secrets[0].secret', { secrets: [{ id: 'a', secret: '' }] }, 'is empty'],
    [
      'secrets[0].id',
      { secrets: [{ id: 'a'.repeat(64), secret }] },
      'longer than 63 characters',
    ],
    [
      'secrets[0].secret',
      { secrets: [{ id: 'a', secret: '  '.repeat(16) }] },
      'is empty',
    ],
    [
      'secrets[0].secret',
      { secrets: [{ id: 'a', secret: 'x'.repeat(15) }] },
      'shorter than 16 bytes',
    ],
    [
      'secrets[0].secret',
      { secrets: [{ id: 'a', secret: 1234567890123456 }] },
      'must be a string',
    ],
    ['secrets[0].id', { secrets: [{ secret }] }, 'is missing'],
    [
      'secrets[1].id',
      { secrets: [...secrets, { id: 'one', secret: 'another-16-bytes' }] },
      '"one" names two secrets',
    ],
    [
      'secrets[0].secrte',
      { secrets: [{ id: 'a', secret, secrte: secret }] },
      'did you mean "secret"?',
    ],
    ['alias', { secrets, alias: {} }, 'did you mean "aliases"?'],
    [
      'allowFrom',
      { secrets, allowFrom: [], trustProxy: false },
      'present and empty',
    ],
    [
      'allowFrom[0]',
      { secrets, allowFrom: ['ci.example.com'], trustProxy: false },
      'not an address',
    ],
    [
      'trustProxy',
      { secrets, allowFrom: ['10.0.0.1'] },
      'is missing beside allowFrom',
    ],
    ['trustProxy', { secrets, trustProxy: true }, 'would believe whoever'],
    [
      'requireTimestamp',
      {
        dialect: 'standard-webhooks',
        secrets: [{ id: 'a', secret: 'A'.repeat(32) }],
        requireTimestamp: false,
      },
      'always true with signature standard-webhooks',
    ],
    ['timeWindow', { secrets, timeWindow: '2h' }, 'is longer than 1 hour'],
    ['timeWindow', { secrets, timeWindow: '5ms' }, 'is shorter than 1 second'],
    ['rateLimit', { secrets, rateLimit: {} }, 'present and empty'],
    [
      'rateLimit.requests',
      { secrets, rateLimit: { requests: 0 } },
      'not a whole number from 1',
    ],
    [
      'rateLimit.window',
      { secrets, rateLimit: { window: 60 } },
      'not a duration',
    ],
    ['concurrency', { secrets, concurrency: 0 }, 'not a whole number from 1'],
    ['maxBodyBytes', { secrets, maxBodyBytes: 999 }, 'from 1000 to 10000000'],
    ['maxBodyBytes', { secrets, maxBodyBytes: 10_000_001 }, 'from 1000 to'],
    [
      'namespaces',
      { secrets, namespaces: ['shop'] },
      'lacks "default", the namespace of entity',
    ],
    ['namespaces', { secrets, namespaces: [] }, 'present and empty'],
    [
      'namespaces[1]',
      { secrets, namespaces: ['default', 'a b'] },
      '"a b" is not a namespace',
    ],
    ['services', { secrets, services: [] }, 'present and empty'],
    ['services[0]', { secrets, services: [''] }, 'is empty'],
    ['environments', { secrets, environments: [] }, 'present and empty'],
    [
      'environments[0]',
      { secrets, environments: ['prod*'] },
      '"prod*" becomes part of an annotation',
    ],
    ['dialect', { secrets, dialect: 'catalogue' }, 'unknown dialect'],
    ['dialect', { secrets, dialect: 'standard-webhook' }, 'unknown dialect'],
    [
      'entity',
      { secrets, entity: 'component:default/payments' },
      '{service} 0 times',
    ],
    [
      'entity',
      { secrets, entity: 'component:{service}/{service}' },
      '{service} 2 times',
    ],
    [
      'entity',
      { secrets, entity: 'component:{service}/main' },
      'before the name',
    ],
    [
      'entity',
      { secrets, entity: '{service}:default/main' },
      'before the name',
    ],
    [
      'entity',
      { secrets, entity: 'default/{service}' },
      'does not make an entity ref',
    ],
    [
      'entity',
      { secrets, entity: 'component:default/{service}{env}' },
      'does not make',
    ],
    [
      'record.source',
      { secrets, record: { source: 'service-registri' } },
      'unknown source "service-registri", did you mean "service-registry"?',
    ],
    ['record.source', { secrets, record: { id: '{service}' } }, 'is missing'],
    [
      'record.id',
      { secrets, record: { source: 'service-registry', id: 'x' } },
      'use {service}',
    ],
    [
      'record.id',
      {
        secrets,
        record: { source: 'service-registry', id: '{service}-{env}' },
      },
      'nothing else',
    ],
    ['record.source', { secrets, record: {} }, 'is missing'],
    ['aliases', { secrets, aliases: {} }, 'present and empty'],
    [
      'aliases.a',
      { secrets, aliases: { a: 'component:default/b' } },
      'not the name of an entity',
    ],
    ['aliases.b', { secrets, aliases: { B: 'x', b: 'y' } }, 'given twice'],
  ])('reports %s in %j', (key, value, reason) => {
    expect(faultOf(value)).toEqual({
      name: 'ci',
      key: ['root.ci', key].filter(Boolean).join('.'),
      reason: expect.stringContaining(reason),
    });
  });

  it.each([
    { secrets: 'hush-hush' },
    { secrets: ['hush-hush'] },
    { secrets: { a: 'hush-hush' } },
    { secrets: [{ id: 'a', secret: 'hush-hush' }] },
    { secrets: [{ id: 'a', secret: ['hush-hush'] }] },
    { secrets: [{ id: 'a', secret: { value: 'hush-hush' } }] },
    { secrets: [{ secret: 'hush-hush' }], dialect: 'x' },
    {
      secrets: [{ id: 'a', secret: 'hush-hush' }],
      dialect: 'standard-webhooks',
    },
    { secrets: [{ id: 'a', secret, notAfter: 'hush-hush' }] },
    {
      secrets: [
        { id: 'a', secret: 'hush-hush-hush-hush' },
        { id: 'b', secret: 'hush-hush-hush-hush' },
      ],
    },
  ])('never quotes a secret: %j', value => {
    expect(JSON.stringify(faultOf(value))).not.toContain('hush-hush');
  });

  it('refuses a name with a slash', () => {
    expect(faultOf({ secrets }, 'CI/CD').reason).toContain('cannot be a name');
  });
});
