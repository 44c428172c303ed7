import fc from 'fast-check';
import { createEntityRefOf } from '../config/senderEntity';
import { serviceKeysOf } from './serviceKeys';

const sender = {
  name: 'ci',
  entity: 'component:default/{service}',
  aliases: {
    'Payments-Legacy': 'payments-api',
    pay: 'Payments-API',
    renamed: 'orders',
  },
};

describe('serviceKeysOf', () => {
  it('finds the name itself and what is aliased to it', () => {
    expect(serviceKeysOf(sender, 'Component:default/Payments-API')).toEqual([
      'payments-api',
      'payments-legacy',
      'pay',
    ]);
  });

  it('leaves out a name that is aliased to something else', () => {
    expect(serviceKeysOf(sender, 'component:default/renamed')).toEqual([]);
  });

  it('keeps a name that is aliased to itself, once', () => {
    const same = { ...sender, aliases: { Orders: 'orders' } };
    expect(serviceKeysOf(same, 'component:default/orders')).toEqual(['orders']);
  });

  it.each(['api:default/orders', 'component:other/orders'])(
    'finds none for %p, of which the sender says nothing',
    entityRef => {
      expect(serviceKeysOf(sender, entityRef)).toEqual([]);
    },
  );

  it('takes the name out of the template', () => {
    const framed = { ...sender, entity: 'component:prod/svc-{service}.main' };
    const keysOf = (name: string) =>
      serviceKeysOf(framed, `component:prod/${name}`);
    expect(keysOf('svc-orders.main')).toEqual(['orders', 'renamed']);
    expect(keysOf('orders.main')).toEqual([]);
    expect(keysOf('svc-orders')).toEqual([]);
    expect(keysOf('svc-.main')).toEqual([]);
  });

  it('is the inverse of createEntityRefOf', () => {
    const service = fc.constantFrom('a', 'A', 'b', 'B', 'c', 'd-e', 'D-E');
    fc.assert(
      fc.property(
        service,
        fc.dictionary(service, service, { noNullPrototype: true }),
        fc.constantFrom('component:default/{service}', 'api:x/a{service}a'),
        (name, aliases, entity) => {
          const given = { name: 'ci', aliases, entity };
          const refOf = createEntityRefOf(given);
          const keys = serviceKeysOf(given, refOf(name));
          expect(keys).toContain(name.toLowerCase());
          expect(new Set(keys).size).toBe(keys.length);
          for (const key of keys) {
            expect(refOf(key)).toBe(refOf(name));
          }
        },
      ),
    );
  });
});
