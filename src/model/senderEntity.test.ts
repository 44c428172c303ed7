import {
  entityRefOf,
  parseEntityTemplate,
  resolveService,
  serviceFault,
} from './senderEntity';

const sender = {
  entity: 'Component:default/{service}',
  aliases: { 'Payments-Legacy': 'Payments-API', constructor: 'builder' },
};

describe('parseEntityTemplate', () => {
  it('takes a template apart, in lower case', () => {
    expect(parseEntityTemplate('Component:Prod/svc-{service}.v1')).toEqual({
      kind: 'component',
      namespace: 'prod',
      namePrefix: 'svc-',
      nameSuffix: '.v1',
    });
  });

  it('takes the default namespace where none is named', () => {
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
      `The entity template "${template}" is not`,
    );
  });

  it('refuses a template without a kind', () => {
    expect(() => parseEntityTemplate('{service}')).toThrow('kind');
  });
});

describe('entityRefOf', () => {
  it('fills the template', () => {
    expect(entityRefOf(sender, 'Orders')).toBe('component:default/orders');
  });

  it('resolves aliases, whatever the case', () => {
    expect(entityRefOf(sender, 'PAYMENTS-legacy')).toBe(
      'component:default/payments-api',
    );
  });

  it('does not take what every object inherits for an alias', () => {
    const plain = { ...sender, aliases: {} };
    expect(entityRefOf(plain, 'constructor')).toBe(
      'component:default/constructor',
    );
    expect(resolveService(plain, '__proto__')).toBe('__proto__');
  });
});

describe('serviceFault', () => {
  it('finds none in a service that names an entity', () => {
    expect(serviceFault(sender, 'payments_api.v2')).toBeUndefined();
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
    expect(serviceFault(sender, service)).toContain('does not name an entity');
  });

  it('judges the name that an alias and the template make of it', () => {
    const short = {
      entity: `component:default/${'p'.repeat(60)}{service}`,
      aliases: { 'not a name': 'abc' },
    };
    expect(serviceFault(short, 'not a name')).toBeUndefined();
    expect(serviceFault(short, 'abcd')).toContain('at most 63');
  });
});
