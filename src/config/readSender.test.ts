import { toMisconfigured } from './fault';
import { readSender } from './readSender';
import { readAudience } from './senderBlock';

const secret = 'a-secret-of-length';
const secrets = [{ id: 'one', secret }];
const path = ['root', 'ci'];

function readRaw(value: unknown, name = 'ci') {
  return readSender({ name, value, path, sourceNames: ['service-registry'] });
}

function read(value: object) {
  const parsed = readRaw({ secrets, ...value });
  if (parsed.type === 'faulty') {
    throw new Error(JSON.stringify(parsed.faults));
  }
  return parsed.value;
}

function faultOf(value: unknown, name?: string) {
  const parsed = readRaw(value, name);
  if (parsed.type === 'ok') {
    throw new Error('Expected a fault');
  }
  return toMisconfigured({ name: 'ci', path, faults: parsed.faults });
}

describe('readSender', () => {
  it('needs no more than secrets', () => {
    expect(read({})).toEqual({
      name: 'ci',
      dialect: 'catalog',
      secrets,
      entity: 'component:default/{service}',
      aliases: {},
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
    expect(read({ secrets: two }).secrets).toEqual(two);
  });

  it('counts the bytes of a secret, not its characters', () => {
    const read8 = readRaw({ secrets: [{ id: 'a', secret: 'ä'.repeat(8) }] });
    expect(read8.type).toBe('ok');
  });

  it.each([
    ['secrets', {}, 'is missing; an environment variable'],
    ['secrets', { secrets: [] }, 'present and empty'],
    ['secrets', { secrets: secret }, 'must be a list, not a string'],
    ['secrets[0]', { secrets: [secret] }, 'must be a map'],
    ['secrets[0]', { secrets: [{}] }, 'secrets[0].secret: is missing'],
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
      { secrets: [...secrets, ...secrets] },
      '"one" names two secrets',
    ],
    [
      'secrets[0].secrte',
      { secrets: [{ id: 'a', secret, secrte: secret }] },
      'did you mean "secret"?',
    ],
    ['alias', { secrets, alias: {} }, 'did you mean "aliases"?'],
    ['allowFrom', { secrets, allowFrom: [] }, 'unknown key "allowFrom"'],
    [
      'dialect',
      { secrets, dialect: 'catalogue' },
      'unknown dialect "catalogue", did you mean "catalog"?',
    ],
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
  ])('finds fault with %s in %j', (key, value, reason) => {
    expect(faultOf(value)).toEqual({
      name: 'ci',
      key: `root.ci.${key}`,
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
  ])('keeps secrets out of the reason: %j', value => {
    expect(JSON.stringify(faultOf(value))).not.toContain('hush-hush');
  });

  it('refuses a name that cannot stand in a URL', () => {
    expect(faultOf({ secrets }, 'CI/CD').reason).toContain('cannot be a name');
  });
});

describe('readAudience', () => {
  it('tells whom events are about although the rest is at fault', () => {
    expect(
      readAudience({
        secrets: [],
        entity: 'component:shop/{service}',
        aliases: { Old: 'new' },
      }),
    ).toEqual({ entity: 'component:shop/{service}', aliases: { old: 'new' } });
  });

  it('falls back to the defaults', () => {
    const defaults = { entity: 'component:default/{service}', aliases: {} };
    expect(readAudience({ entity: 'nonsense', aliases: 7 })).toEqual(defaults);
    expect(readAudience('nonsense')).toEqual(defaults);
  });
});
