import type { JsonObject } from '@backstage/types';
import {
  CLOSING_A_RUN,
  failStatements,
} from '../database/__testUtils__/failStatements';
import type { SourceSync } from './SourceSync';
import { describeSource } from './__testUtils__/describeSource';
import { service, services } from './__testUtils__/fakes';
import { showPlan } from './control/plans';
import type { KnownSource, SourcesContext } from './control/sources';

const withoutOwner = (records: JsonObject[]) =>
  records.map(({ id }) => ({ id }));

describeSource('held changes', world => {
  const { decide, lastRun, planStates } = world;
  let sync: SourceSync;

  beforeEach(() => {
    sync = world.start();
  });

  const poll = (list: JsonObject[]) => world.poll(sync, list);
  const owners = () => {
    const all = [...world.catalog.entities.values()].map(e => e.spec?.owner);
    return [...new Set(all)].sort();
  };

  it('keeps the owners of all entities where the API no longer says them, and adds what is new', async () => {
    await poll(services(46, 'payments'));
    await poll([...withoutOwner(services(46)), service('new', 'x')]);

    expect(owners()).toEqual(['payments', 'x']);
    expect((await lastRun()).held).toContain(
      'spec.owner of 46 of 46 entities would change; at most 23 may at once (changes.maxRatio 0.5); for example spec.owner from "payments" to "unowned"',
    );
    expect(await planStates()).toEqual(['pending']);
    const known = {
      name: 'registry',
      type: 'configured',
      settings: { poll: true },
    };
    const { plan, refs } = await showPlan(
      { knex: world.knex, now: world.clock.now } as SourcesContext,
      known as KnownSource,
      { limit: 1 },
    );
    expect(plan).toMatchObject({ state: 'pending', count: 46 });
    expect(refs.items).toEqual([
      {
        entityRef: 'component:default/s0',
        recordId: 's0',
        changes: [{ field: 'spec.owner', from: 'payments', to: 'unowned' }],
      },
    ]);
  });

  it('logs once what is held, without the values of records', async () => {
    await poll(services(46, 'payments'));
    await poll(withoutOwner(services(46)));
    await poll(withoutOwner(services(46)));

    expect(world.logger.warn.mock.calls).toEqual([
      [expect.stringContaining('spec.owner of 46 of 46 entities')],
    ]);
    expect(world.logger.warn.mock.calls.flat().join()).not.toContain(
      'payments',
    );
  });

  it('asks once, and applies what was approved, with the next run', async () => {
    await poll(services(46, 'payments'));
    await poll(withoutOwner(services(46)));
    const calls = world.catalog.mutations.length;
    await poll(withoutOwner(services(46)));
    expect(world.catalog.mutations).toHaveLength(calls);
    expect(await planStates()).toEqual(['pending']);

    await decide('approved');
    await expect(sync.due()).resolves.toBe('approved');
    await poll(withoutOwner(services(46)));
    expect(owners()).toEqual(['unowned']);
    expect(await planStates()).toEqual(['applied']);
    await poll(withoutOwner(services(46)));
    expect((await lastRun()).outcome).toBe('unchanged');
  });

  it('forgets the plan once the API says the owners again', async () => {
    await poll(services(46, 'payments'));
    await poll(withoutOwner(services(46)));
    await poll(services(46, 'payments'));

    expect(await planStates()).toEqual(['void']);
    expect((await lastRun()).held).toBeNull();
  });

  it('does not let an approval cover other changes', async () => {
    await poll(services(46, 'payments'));
    await poll(withoutOwner(services(46)));
    await decide('approved');
    await poll(services(46, 'other'));

    expect(owners()).toEqual(['payments']);
    expect(await planStates()).toEqual(['approved', 'pending']);
  });

  it('keeps what was rejected, and asks no more', async () => {
    await poll(services(46, 'payments'));
    await poll(withoutOwner(services(46)));
    await decide('rejected');
    await poll(withoutOwner(services(46)));

    expect(owners()).toEqual(['payments']);
    expect(await planStates()).toEqual(['rejected']);
  });

  it('guards a source of five where no record has the input any more, and no other change of it', async () => {
    await poll(services(5, 'payments'));
    await poll(withoutOwner(services(5)));
    expect(owners()).toEqual(['payments']);

    await poll(services(5, 'refunds'));
    expect(owners()).toEqual(['refunds']);
  });

  it('does not let runs over single records get round a plan, nor an incomplete list', async () => {
    await poll(services(46, 'payments'));
    await poll(withoutOwner(services(46)));
    await world.syncRecord(sync, { id: 's1' });
    expect((await lastRun()).held).toContain('a plan of the source holds that');
    await poll([...withoutOwner(services(10)), { owner: 'nameless' }]);

    expect(owners()).toEqual(['payments']);
    expect((await planStates()).at(-1)).toBe('pending');
  });

  it('applies what a single record says where no plan holds it', async () => {
    await poll(services(46, 'payments'));
    await world.syncRecord(sync, service('s1', 'refunds'));

    expect(owners()).toEqual(['payments', 'refunds']);
  });

  it('holds nothing after a change of the configuration', async () => {
    await poll(services(46, 'payments'));
    await poll(withoutOwner(services(46)));
    sync = world.start({ requiredAnnotations: ['a/b'] });
    await poll(withoutOwner(services(46)));

    expect(owners()).toEqual(['unowned']);
    expect(await planStates()).toEqual(['void']);
  });

  it('guards as well after a run that died', async () => {
    await poll(services(46, 'payments'));
    const repair = failStatements(world.knex, CLOSING_A_RUN);
    await expect(
      poll([...services(46, 'payments'), service('new')]),
    ).rejects.toThrow();
    repair();
    await poll(withoutOwner(services(46)));

    expect(owners()).not.toContain('unowned');
  });

  it('asks for the whole list again while something is held', async () => {
    world.source.etag = '"1"';
    await poll(services(46, 'payments'));
    world.source.etag = '"2"';
    await poll(withoutOwner(services(46)));
    await poll(withoutOwner(services(46)));

    expect(world.source.asked).toEqual([undefined, { etag: '"1"' }, undefined]);
  });
});
