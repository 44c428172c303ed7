import {
  createEntityRefOf,
  nameFault,
  parseEntityTemplate,
  readAudience,
  resolveService,
} from './senderEntity';

const sender = {
  entity: 'Component:default/{service}',
  aliases: { 'payments-legacy': 'Payments-API', constructor: 'builder' },
};

describe('parseEntityTemplate', () => {
  it('splits a template, in lower case', () => {
    expect(parseEntityTemplate('Component:Prod/svc-{service}.v1')).toEqual({
      kind: 'component',
      namespace: 'prod',
      namePrefix: 'svc-',
      nameSuffix: '.v1',
    });
  });

  it('uses the default namespace if none is named', () => {
    expect(parseEntityTemplate('component:{service}').namespace).toBe(
      'default',
    );
  });

  it.each([
    'component:default/payments',
    'component:default/{service}-{service}',
    'component:{service}/payments',
    '{service}:default/payments',
    '{service}:default/{service}',
    'component:default/-{service}',
    'component:default/{name}',
  ])('refuses %p', template => {
    expect(() => parseEntityTemplate(template)).toThrow(
      `The entity template "${template}" `,
    );
  });

  it('refuses a template without a kind', () => {
    expect(() => parseEntityTemplate('{service}')).toThrow(
      'The entity template "{service}" does not make an entity ref; try "component:default/{service}"',
    );
  });
});

describe('createEntityRefOf', () => {
  it('fills the template', () => {
    expect(createEntityRefOf(sender)('Orders')).toBe(
      'component:default/orders',
    );
  });

  it('resolves aliases, whatever the case', () => {
    expect(createEntityRefOf(sender)('PAYMENTS-legacy')).toBe(
      'component:default/payments-api',
    );
  });

  it('ignores inherited properties as aliases', () => {
    const plain = { ...sender, aliases: {} };
    expect(createEntityRefOf(plain)('constructor')).toBe(
      'component:default/constructor',
    );
    expect(resolveService(plain, '__proto__')).toBe('__proto__');
  });
});

describe('nameFault', () => {
  const template = parseEntityTemplate(sender.entity);

  it('finds none in a service that names an entity', () => {
    expect(nameFault(template, 'payments_api.v2')).toBeUndefined();
  });

  it.each([
    'a/b',
    'group:default/admins',
    '-a',
    'a-',
    'a b',
    'é',
    'x'.repeat(64),
  ])('finds one in %p', service => {
    expect(nameFault(template, service)).toContain('does not name an entity');
  });

  it('checks the name that the template makes of it', () => {
    const long = parseEntityTemplate(
      `component:default/${'p'.repeat(60)}{service}`,
    );
    expect(nameFault(long, 'abc')).toBeUndefined();
    expect(nameFault(long, 'abcd')).toContain('at most 63');
  });
});

describe('readAudience', () => {
  it('reads entity and aliases although other keys have faults', () => {
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
