import { getEventListeners, getMaxListeners } from 'node:events';
import { beforeQueries } from '../database/__testUtils__/beforeQueries';
import { describeSqlite } from '../database/__testUtils__/describeTables';
import { DeliveryWorld, turn } from './__testUtils__/DeliveryWorld';
import { claimDeliveries } from './database/claim';
import { requeueDeliveries } from './database/requeue';
import type { DeliveryWorker } from './DeliveryWorker';

const FETCH = { catalogRefresh: true };

describeSqlite('DeliveryWorker', tables => {
  let world: DeliveryWorld;
  let started: DeliveryWorker[];
  let restoreQueries: () => void;

  beforeEach(() => {
    world = new DeliveryWorld(tables.knex);
    started = [];
    restoreQueries = () => {};
  });

  afterEach(async () => {
    restoreQueries();
    const stopped = started.map(worker => worker.stop());
    if (jest.isMockFunction(setTimeout) || 'clock' in setTimeout) {
      await world.pass(10_000);
      jest.useRealTimers();
    }
    await Promise.all(stopped);
  });

  /** A worker whose loop has begun. */
  const start = (worker = world.worker()) => {
    started.push(worker);
    worker.start();
    return worker;
  };
  const statesInUse = async () => new Set(Object.values(await world.states()));
  const rowOf = async (id: string) =>
    world.knex('custom_data_deliveries').where({ delivery_id: id }).first();
  /** The statements that match, from now on. */
  const statements = (pattern: RegExp) => {
    const found: string[] = [];
    world.knex.on('query', ({ sql }) => {
      if (pattern.test(sql)) {
        found.push(sql);
      }
    });
    return found;
  };
  /** The number of claims from now on. */
  const claims = () => statements(/^select .*where .due_at. <= /);
  /** Has every statement wait until it is let go. */
  const hangDatabase = () => {
    let release = () => {};
    const released = new Promise<void>(resolve => {
      release = resolve;
    });
    restoreQueries = beforeQueries(world.knex, () => released);
    return () => {
      restoreQueries();
      release();
    };
  };
  /** Fails statements that match. */
  const failQueries = (pattern: RegExp) => {
    restoreQueries = beforeQueries(world.knex, sql => {
      if (pattern.test(sql)) {
        throw new Error('no database');
      }
    });
  };

  describe('the loop', () => {
    beforeEach(() => world.fakeTimers());

    it('processes all that is due in batches, with a few statements for each', async () => {
      await world.addMany(430);
      const processor = world.processor();
      const record = jest.spyOn(processor, 'record');
      const completed = statements(/^update custom_data_deliveries as t set/);
      const located = statements(/from .refresh_state./);
      start(world.worker(processor));
      await world.pass(2_000, 10);

      expect(await statesInUse()).toEqual(new Set(['done']));
      expect(record.mock.calls.map(([batch]) => batch.length)).toEqual([
        100, 100, 100, 100, 30,
      ]);
      expect(world.refreshKeys).toHaveBeenCalledTimes(5);
      expect(located).toHaveLength(5);
      expect(completed).toHaveLength(5);
      expect(world.refreshEntity).not.toHaveBeenCalled();
    });

    it('begins with what is there, without being woken', async () => {
      await world.add('a');
      start();
      await world.pass(100);
      expect(await statesInUse()).toEqual(new Set(['done']));
    });

    it('begins nothing where it was stopped before the catalog was connected', async () => {
      await world.add('a');
      const worker = world.worker();
      await worker.stop();
      worker.start();
      await world.pass(100);
      expect(await statesInUse()).toEqual(new Set(['pending']));
      expect(jest.getTimerCount()).toBe(0);
    });

    it('claims at once when it is woken, and then together what arrives within a pause', async () => {
      const worker = start();
      await world.pass(1_000);
      const found = claims();
      for (const version of ['a', 'b', 'c']) {
        await world.add(version);
        worker.wake();
        await turn();
      }
      expect(found).toHaveLength(1);
      await world.pass(250);
      expect(found).toHaveLength(2);
      await world.pass(1_000);
      await expect(world.states()).resolves.toEqual({
        a: 'done',
        b: 'done',
        c: 'done',
      });
    });

    it('finds what becomes due without being woken, every two seconds', async () => {
      start();
      await world.pass(1_000);
      await world.add('due-later');
      const found = claims();
      await world.pass(500);
      expect(found).toHaveLength(0);
      await world.pass(2_000);
      expect(await statesInUse()).toEqual(new Set(['done']));
    });

    it('does not miss what arrives while it finds nothing', async () => {
      const worker = start();
      await world.pass(1_000);
      let arrived = false;
      restoreQueries = beforeQueries(world.knex, async sql => {
        if (/^commit/i.test(sql) && !arrived) {
          arrived = true;
          worker.wake();
        }
      });
      worker.wake();
      await turn();
      expect(arrived).toBe(true);
      await world.add('just-now');
      await world.pass(1_000);
      await expect(world.states()).resolves.toEqual({ 'just-now': 'done' });
    });

    it('claims no more than a process may have in flight, and goes on when there is room', async () => {
      const ends = world.holdPublishing();
      await world.addMany(1100);
      const found = claims();
      start();
      await world.pass(4_000);
      expect(found).toHaveLength(10);
      expect(ends).toHaveLength(20);

      world.publish.mockImplementation(async event => {
        world.published.push(event);
      });
      ends.forEach(end => end());
      await world.pass(4_000);
      expect(await statesInUse()).toEqual(new Set(['done']));
      expect(world.published).toHaveLength(1100);
    });

    it('logs once that it cannot claim, however often it tries, and once that it can again', async () => {
      await world.add('a');
      failQueries(/custom_data_deliver/);
      const worker = start();
      await turn();
      worker.wake();
      await world.pass(10_000);
      expect(world.logger.error.mock.calls).toEqual([
        [expect.stringMatching(/^Deliveries could not be claimed: .*/)],
      ]);
      restoreQueries();
      await world.pass(3_000);
      expect(world.logger.info.mock.calls).toEqual([
        [
          expect.stringMatching(
            /^Deliveries could not be claimed, \d+ times; /,
          ),
        ],
        [expect.stringMatching(/^Delivery ".*" of sender "ci" is done$/)],
      ]);
      expect(await statesInUse()).toEqual(new Set(['done']));
    });

    it('gives up a claim that hangs, and claims again', async () => {
      await world.add('a');
      const release = hangDatabase();
      start();
      await world.pass(29_000);
      expect(world.logger.error).not.toHaveBeenCalled();
      await world.pass(1_000);
      expect(world.logger.error).toHaveBeenCalledWith(
        expect.stringContaining('timed out after 30000ms'),
      );
      release();
      // The claim that was given up took effect, and runs out.
      await world.pass(20_000);
      expect(await statesInUse()).toEqual(new Set(['done']));
    });

    it('records one batch at a time, and fails what hangs after 30 seconds', async () => {
      await world.addMany(250);
      const processor = world.processor();
      const record = jest
        .spyOn(processor, 'record')
        .mockImplementation(() => new Promise(() => {}));
      start(world.worker(processor));
      await world.pass(29_000);
      expect(record).toHaveBeenCalledTimes(1);
      record.mockRestore();
      await world.pass(10_000);
      expect(await statesInUse()).toEqual(new Set(['done']));
      const failed = await world
        .knex('custom_data_delivery_attempts')
        .where({ state: 'failed' });
      expect(failed).toHaveLength(100);
      expect(failed[0].reason).toContain('timed out after 30000ms');
    });

    it('renews its claims while it works on them', async () => {
      const held = world.holdFetches();
      const id = await world.add('slow', FETCH);
      start();
      await world.pass(60_000);
      await expect(
        claimDeliveries({
          knex: world.knex,
          limit: 9,
          leaseMs: 1,
          now: world.now,
        }),
      ).resolves.toEqual([]);
      await expect(rowOf(id)).resolves.toMatchObject({ attempts: 1 });
      held.get('slow')!();
      await world.pass(1_000);
      await expect(rowOf(id)).resolves.toMatchObject({
        state: 'done',
        due_at: null,
      });
    });
  });

  describe('where something is slow', () => {
    beforeEach(() => world.fakeTimers());

    it('fetches twenty entities at once, and completes each when it is fetched', async () => {
      await world.addMany(43, FETCH);
      const held = world.holdFetches();
      start();
      await world.pass(1_000);
      expect(held.size).toBe(20);
      held.get('s0')!();
      await world.pass(1_000);
      expect(held.size).toBe(21);
      await expect(world.states()).resolves.toMatchObject({
        s0: 'done',
        s1: 'pending',
      });
      held.get('s1')!();
      held.forEach(release => release());
      world.refreshEntity.mockResolvedValue('refreshed');
      await world.pass(2_000);
      expect(await statesInUse()).toEqual(new Set(['done']));
    });

    it('lets a slow fetch hold up no other delivery', async () => {
      const held = world.holdFetches();
      await world.add('slow', FETCH);
      await world.add('a', FETCH);
      await world.add('b');
      const worker = start();
      await turn();
      held.get('a')!();
      await world.pass(1_000);
      await expect(world.states()).resolves.toEqual({
        slow: 'pending',
        a: 'done',
        b: 'done',
      });

      await world.add('later');
      await world.add('later-too', FETCH);
      worker.wake();
      await world.pass(1_000);
      held.get('later-too')!();
      await world.pass(1_000);
      await expect(world.states()).resolves.toMatchObject({
        slow: 'pending',
        later: 'done',
        'later-too': 'done',
      });
      held.get('slow')!();
      await world.pass(1_000);
      await expect(world.states()).resolves.toMatchObject({ slow: 'done' });
    });

    it('lets a slow subscriber hold up no refresh', async () => {
      const ends = world.holdPublishing();
      await world.add('a');
      const worker = start();
      await world.pass(1_000);
      await world.add('b');
      worker.wake();
      await world.pass(1_000);
      expect(world.refreshKeys.mock.calls).toEqual([
        [['custom-data-deployment:component:default/a']],
        [['custom-data-deployment:component:default/b']],
      ]);
      expect(await statesInUse()).toEqual(new Set(['pending']));
      ends.forEach(end => end());
      await world.pass(1_000);
      expect(await statesInUse()).toEqual(new Set(['done']));
    });

    it('processes what needs no fetch, however many wait for one that hangs', async () => {
      const held = world.holdFetches();
      await world.addMany(1000, FETCH);
      await world.add('quick', { sender: 'argo' });
      start();
      await world.pass(3_000);
      const { quick, s0, s999 } = await world.states();
      expect({ quick, s0, s999 }).toEqual({
        quick: 'done',
        s0: 'pending',
        s999: 'failed',
      });
      expect(held.size).toBe(20);
      const [{ count }] = await world
        .knex('custom_data_deployments')
        .count({ count: '*' });
      expect(count).toBe(1001);

      world.refreshEntity.mockResolvedValue('refreshed');
      held.forEach(release => release());
      await world.pass(120_000);
      expect(await statesInUse()).toEqual(new Set(['done']));
    });

    it('fails what takes over 90 seconds, and gives the permit of a source that ignores its signal to the next', async () => {
      const held = world.holdFetches();
      await world.addMany(21, FETCH);
      start();
      await world.pass(60_000);
      const next = await world.add('next', FETCH);
      await world.pass(29_000);
      expect(held.size).toBe(20);
      await world.pass(2_000);
      expect(held.has('next')).toBe(true);
      const failed = await world
        .knex('custom_data_deliveries')
        .where({ state: 'failed' });
      expect(failed).toHaveLength(21);
      expect(new Set(failed.map(({ reason }) => reason))).toEqual(
        new Set(['Error: It took over 90 seconds']),
      );
      held.get('next')!();
      await world.pass(1_000);
      await expect(world.find(next)).resolves.toMatchObject({ state: 'done' });
    });

    it('ends a batch whose publishing is too slow', async () => {
      world.publish.mockImplementation(
        () => new Promise(resolve => setTimeout(resolve, 9_000)),
      );
      await world.addMany(300);
      start();
      await world.pass(92_000);
      const states = Object.values(await world.states());
      expect(states.filter(state => state === 'done').length).toBeGreaterThan(
        150,
      );
      expect(states.filter(state => state === 'failed').length).toBeGreaterThan(
        20,
      );
    });

    it('has many deliveries listen to one signal without a warning of a leak', async () => {
      const held = world.holdFetches();
      await world.addMany(50, FETCH);
      const listening = jest.spyOn(EventTarget.prototype, 'addEventListener');
      start();
      await world.pass(500);
      const signals = listening.mock.contexts as AbortSignal[];
      listening.mockRestore();
      const crowded = signals.filter(
        each => getEventListeners(each, 'abort').length > getMaxListeners(each),
      );
      expect(signals.length).toBeGreaterThan(20);
      expect(crowded).toEqual([]);
      held.forEach(release => release());
    });
  });

  describe('where something fails', () => {
    it('lets one that cannot be recorded cost no other', async () => {
      const processor = world.processor();
      const record = processor.record.bind(processor);
      jest.spyOn(processor, 'record').mockImplementation(async deliveries => {
        if (deliveries.some(({ event }) => event.version === 'bad')) {
          throw new Error('cannot be stored');
        }
        return record(deliveries);
      });
      await world.add('a');
      const bad = await world.add('bad');
      await world.add('c');
      await world.add('d', FETCH);
      await world.run(world.worker(processor));
      await expect(world.states()).resolves.toEqual({
        a: 'done',
        bad: 'failed',
        c: 'done',
        d: 'done',
      });
      await expect(world.find(bad)).resolves.toMatchObject({
        reason: 'Error: cannot be stored',
        dueAt: new Date(world.now.getTime() + 1000).toISOString(),
      });
      expect(world.logger.error.mock.calls[0][0]).toContain('cannot be stored');
    });

    it('tries a delivery that failed again later, and no other', async () => {
      await world.add('bad');
      await world.add('good');
      world.publish.mockImplementationOnce(async () => {
        throw new Error('the bus is down');
      });
      await world.run();
      await expect(world.states()).resolves.toEqual({
        bad: 'failed',
        good: 'done',
      });
      world.wait(1000);
      await world.run();
      expect(world.published.map(({ version }) => version)).toEqual([
        'good',
        'bad',
      ]);
    });

    it('gives up after about a day, and says which delivery, without its payload', async () => {
      const id = await world.add('private-version', FETCH);
      world.refreshEntity.mockRejectedValue(new Error('source is down'));
      for (let i = 0; i < 30; i++) {
        await world.run();
        world.wait(2 * 3_600_000);
      }
      expect(world.refreshEntity).toHaveBeenCalledTimes(13);
      await expect(world.find(id)).resolves.toMatchObject({
        state: 'dead',
        reason: 'Error: source is down',
      });
      expect(world.logger.error.mock.calls).toEqual([
        [
          `Delivery "${id}" of sender "ci" is given up after 13 attempts: Error: source is down`,
        ],
      ]);
      expect(JSON.stringify(world.logger.info.mock.calls)).not.toContain(
        'private',
      );
      expect(world.tracker.attempted).toHaveBeenLastCalledWith({
        sender: 'ci',
        state: 'dead',
        ageMs: 24 * 3_600_000,
      });
    });

    it('counts one when it is recorded, and logs it when it is over, each once however often it is tried', async () => {
      const id = await world.add('a', { ...FETCH, environment: 'production' });
      world.refreshEntity.mockRejectedValueOnce(new Error('source is down'));
      world.refreshEntity.mockResolvedValue('refreshed');
      await world.run();
      expect(world.tracker.deployed).toHaveBeenCalledTimes(1);
      world.wait(60_000);
      await world.run();
      expect(world.tracker.deployed.mock.calls).toEqual([
        [
          expect.objectContaining({
            sender: 'ci',
            environment: 'production',
            status: 'success',
          }),
        ],
      ]);
      expect(world.logger.info).toHaveBeenLastCalledWith(
        `Delivery "${id}" of sender "ci" is done`,
      );
      await requeueDeliveries({ knex: world.knex, ids: [id], now: world.now });
      await world.run();
      expect(world.tracker.deployed).toHaveBeenCalledTimes(1);
    });

    it('has those watched that the catalog is to show, before their entities are fetched', async () => {
      const time = (ms: number) =>
        new Date(world.now.getTime() + ms).toISOString();
      await world.add('shown', { service: 'a', time: time(0) });
      await world.add('older', { service: 'a', time: time(-1) });
      await world.add('begun', { service: 'b', event: 'deployment.started' });
      await world.addUnknown('unknown');
      await world.addUnknown('fetched', FETCH);
      world.refreshEntity.mockRejectedValue(new Error('source is down'));
      await world.run();
      world.wait(60_000);
      await world.run();
      expect(
        world.onRecorded.mock.calls.map(([{ event }]) => event.version),
      ).toEqual(['shown', 'fetched']);
      expect(world.tracker.deployed).toHaveBeenCalledTimes(5);
    });

    it('counts anew for one that is delivered again', async () => {
      const id = await world.add('a', FETCH);
      world.refreshEntity.mockRejectedValue(new Error('source is down'));
      for (let i = 0; i < 13; i++) {
        await world.run();
        world.wait(2 * 3_600_000);
      }
      await requeueDeliveries({ knex: world.knex, ids: [id], now: world.now });
      await world.run();
      await expect(world.find(id)).resolves.toMatchObject({
        state: 'failed',
        dueAt: new Date(world.now.getTime() + 1000).toISOString(),
      });
    });

    it('leaves what cannot be completed to the end of its lease', async () => {
      const id = await world.add('a');
      failQueries(/^update custom_data_deliveries as t set/);
      await world.run();
      expect(world.logger.error.mock.calls).toEqual([
        [expect.stringContaining('The outcomes of deliveries could not')],
      ]);
      expect(world.tracker.attempted).not.toHaveBeenCalled();
      restoreQueries();
      await world.run();
      await expect(world.states()).resolves.toEqual({ a: 'pending' });

      world.wait(15_000);
      await world.run();
      await expect(world.find(id)).resolves.toMatchObject({
        state: 'done',
        attempts: 2,
        attemptList: [{ state: 'failed' }, { state: 'done' }],
      });
    });

    it('ignores a completion that took effect late', async () => {
      world.fakeTimers();
      const id = await world.add('a');
      const worker = start();
      let release = () => {};
      restoreQueries = beforeQueries(world.knex, sql =>
        /^update custom_data_deliveries as t set/.test(sql)
          ? new Promise<void>(resolve => {
              release = resolve;
            })
          : undefined,
      );
      worker.wake();
      await world.pass(31_000);
      expect(world.logger.error).toHaveBeenCalledWith(
        expect.stringContaining('The outcomes of deliveries could not'),
      );
      restoreQueries();
      release();
      await world.pass(20_000);
      await expect(world.find(id)).resolves.toMatchObject({ state: 'done' });
    });

    it('reports nothing of what has passed to another meanwhile', async () => {
      const id = await world.add('a', FETCH);
      await world.add('b');
      world.refreshEntity.mockImplementationOnce(async () => {
        await requeueDeliveries({
          knex: world.knex,
          ids: [id],
          now: new Date(world.now.getTime() + 1),
        });
        throw new Error('source is down');
      });
      await world.run();
      expect(world.tracker.attempted.mock.calls).toEqual([
        [{ sender: 'ci', state: 'done', ageMs: 0 }],
      ]);
      expect(world.logger.info).toHaveBeenCalledTimes(1);
    });

    it('gives up, before anything else, what no process has lived to complete', async () => {
      const processor = world.processor();
      const record = jest.spyOn(processor, 'record');
      const bad = await world.add('bad');
      for (let i = 0; i < 60; i++) {
        await claimDeliveries({
          knex: world.knex,
          limit: 9,
          leaseMs: 15_000,
          now: world.now,
        });
        world.wait(15_000);
      }
      await world.add('good');
      record.mockImplementationOnce(async () => {
        await expect(world.find(bad)).resolves.toMatchObject({ state: 'dead' });
        throw new Error('the process ends');
      });
      await world.run(world.worker(processor));
      await expect(world.find(bad)).resolves.toMatchObject({
        state: 'dead',
        reason: expect.stringContaining('60 attempts'),
      });
      expect(
        record.mock.calls.flat(2).map(({ event }) => event.version),
      ).toEqual(['good']);
      expect(world.logger.error).toHaveBeenCalledTimes(1);

      await requeueDeliveries({ knex: world.knex, ids: [bad], now: world.now });
      world.wait(1000);
      await world.run();
      await expect(world.states()).resolves.toEqual({
        bad: 'done',
        good: 'done',
      });
    });

    it('tries what was lost 59 times, and more often what had to wait', async () => {
      const lost = await world.add('lost');
      const waited = await world.add('waited');
      const rows = world.knex('custom_data_deliveries');
      await rows
        .clone()
        .where({ delivery_id: lost })
        .update({ attempts_lost: 59 });
      await rows
        .clone()
        .where({ delivery_id: waited })
        .update({ attempts: 500 });
      await world.run();
      expect(await statesInUse()).toEqual(new Set(['done']));
    });
  });

  describe('stop', () => {
    beforeEach(() => world.fakeTimers());

    it('waits for what is in flight, and begins nothing more', async () => {
      const held = world.holdFetches();
      await world.add('a', FETCH);
      const worker = start();
      await world.pass(1_000);
      const stopped = jest.fn();
      const stop = worker.stop().then(stopped);
      await world.add('b');
      worker.wake();
      await world.pass(1_000);
      expect(stopped).not.toHaveBeenCalled();
      held.get('a')!();
      await world.pass(1_000);
      await stop;
      await world.pass(10_000);
      await expect(world.states()).resolves.toEqual({
        a: 'done',
        b: 'pending',
      });
    });

    it('gives back what takes longer, so that another replica can go on at once', async () => {
      world.refreshEntity.mockImplementation(
        ({ signal }) =>
          new Promise((_, reject) => {
            signal.addEventListener('abort', () => reject(signal.reason));
          }),
      );
      await world.addMany(23, FETCH);
      const worker = start();
      await world.pass(1_000);
      const stop = worker.stop();
      await world.pass(6_000);
      await stop;

      expect(await statesInUse()).toEqual(new Set(['pending']));
      expect(world.refreshEntity).toHaveBeenCalledTimes(20);
      expect(world.tracker.attempted).not.toHaveBeenCalled();
      expect(world.logger.info).not.toHaveBeenCalled();
      world.refreshEntity.mockResolvedValue('refreshed');
      start();
      await world.pass(2_000);
      expect(await statesInUse()).toEqual(new Set(['done']));
      const attempts = await world
        .knex('custom_data_deliveries')
        .pluck('attempts');
      expect(new Set(attempts)).toEqual(new Set([1]));
    });

    it('ends in ten seconds where the database hangs', async () => {
      const held = world.holdFetches();
      await world.add('a', FETCH);
      const worker = start();
      await world.pass(1_000);
      const release = hangDatabase();
      const stopped = jest.fn();
      const stop = worker.stop().then(stopped);
      await world.pass(9_000);
      expect(stopped).not.toHaveBeenCalled();
      await world.pass(1_000);
      expect(stopped).toHaveBeenCalled();
      await stop;
      expect(world.logger.warn).toHaveBeenCalledWith(
        expect.stringContaining('could not be given back'),
      );
      release();
      held.get('a')!();
      await turn();
    });

    it('ends at once where nothing is in flight', async () => {
      const worker = start();
      await world.pass(1_000);
      const stop = worker.stop();
      await turn();
      await world.pass(100);
      await stop;
      const found = claims();
      await world.pass(10_000);
      expect(found).toEqual([]);
    });
  });
});
