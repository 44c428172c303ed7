import fc from 'fast-check';
import { aSender } from '../config/__testUtils__/aSender';
import { createEntityRefOf } from '../config/senderEntity';
import { DeploymentSubjects } from './DeploymentSubjects';

describe('DeploymentSubjects', () => {
  const subjects = new DeploymentSubjects([
    aSender({
      aliases: {
        'payments-legacy': 'Payments-API',
        pay: 'payments-api',
        renamed: 'orders',
        same: 'Same',
      },
    }),
    aSender({ name: 'argo', entity: 'component:default/{service}-api' }),
    aSender({ name: 'infra', entity: 'resource:prod/svc-{service}.main' }),
  ]);
  const servicesOf = (entityRef: string) =>
    subjects
      .servicesOf(entityRef)
      .map(({ sender, serviceKey }) => `${sender} ${serviceKey}`);

  it('finds the services of every sender that an entity shows', () => {
    expect(servicesOf('Component:default/Payments-API')).toEqual([
      'ci payments-api',
      'ci payments-legacy',
      'ci pay',
      'argo payments',
    ]);
  });

  it('leaves out a name that is an alias of another', () => {
    expect(servicesOf('component:default/renamed')).toEqual([]);
  });

  it('keeps a name that is an alias of itself, once', () => {
    expect(servicesOf('component:default/same')).toEqual(['ci same']);
  });

  it.each(['api:default/orders', 'component:other/orders'])(
    'finds none for %p, which no sender is about',
    entityRef => {
      expect(servicesOf(entityRef)).toEqual([]);
    },
  );

  it('takes the name out of the template', () => {
    const of = (name: string) => servicesOf(`resource:prod/${name}`);
    expect(of('svc-orders.main')).toEqual(['infra orders']);
    expect(of('orders.main')).toEqual([]);
    expect(of('svc-orders')).toEqual([]);
    expect(of('svc-.main')).toEqual([]);
  });

  it('names the entity that a service is about, where the sender is known', () => {
    expect(subjects.entityRefOf('ci', 'Payments-Legacy')).toBe(
      'component:default/payments-api',
    );
    expect(subjects.entityRefOf('gone', 'payments')).toBeUndefined();
  });

  it('groups what is about the same entity, without unknown senders', () => {
    const rows = [
      { sender: 'ci', serviceKey: 'pay' },
      { sender: 'gone', serviceKey: 'payments-api' },
      { sender: 'argo', serviceKey: 'payments' },
      { sender: 'ci', serviceKey: 'orders' },
    ];
    expect(subjects.groupByEntity(rows)).toEqual(
      new Map([
        ['component:default/payments-api', [rows[0], rows[2]]],
        ['component:default/orders', [rows[3]]],
      ]),
    );
  });

  it('finds exactly the services whose entity it is', () => {
    const service = fc.constantFrom('a', 'A', 'b', 'B', 'c', 'd-e', 'D-E');
    fc.assert(
      fc.property(
        service,
        fc.dictionary(fc.constantFrom('a', 'b', 'c', 'd-e'), service, {
          noNullPrototype: true,
        }),
        fc.constantFrom('component:default/{service}', 'api:x/a{service}a'),
        (name, aliases, entity) => {
          const sender = { name: 'ci', aliases, entity };
          const refOf = createEntityRefOf(sender);
          const keys = new DeploymentSubjects([sender])
            .servicesOf(refOf(name))
            .map(({ serviceKey }) => serviceKey);
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
