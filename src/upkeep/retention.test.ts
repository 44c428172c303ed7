import type { Knex } from 'knex';
import { mockLogger } from '../__testUtils__/mockLogger';
import { describeSqlite } from '../database/__testUtils__/describeTables';
import { aSender } from '../config/__testUtils__/aSender';
import { aDeployment, at } from '../deployments/__testUtils__/aDeployment';
import { recordDeployments } from '../deployments/database/recordDeployments';
import { DeploymentSubjects } from '../deployments/DeploymentSubjects';
import { deleteExpired } from './retention';

const DAY = 24 * 60;
/** So many days after the first delivery of `aDeployment`. */
const day = (days: number) => at(days * DAY);
const days = (count: number) => count * DAY * 60_000;

describeSqlite('deleteExpired', tables => {
  const subjects = new DeploymentSubjects([aSender()]);
  let knex: Knex;
  let logger: ReturnType<typeof mockLogger>;

  beforeEach(async () => {
    knex = tables.knex;
    logger = mockLogger();
    await knex('custom_data_deliveries').insert(
      [20, 40].map(received => ({
        delivery_id: `d${received}`,
        sequence: received,
        sender: 'ci',
        dedupe_key: `k${received}`,
        digest: '',
        secret_id: 's',
        dialect: 'catalog',
        service_key: 'payments',
        environment: 'production',
        event: 'null',
        payload: '',
        headers: '{}',
        state: 'done',
        attempts: 1,
        received_at: day(received).toISOString(),
      })),
    );
    await knex('custom_data_runs').insert(
      [40, 60, 61].map(started => ({
        run_id: `r${started}`,
        source: 'registry',
        kind: 'poll',
        outcome: 'applied',
        started_at: day(started).toISOString(),
      })),
    );
  });

  const run = (
    more: { deploymentsMs?: number; today?: number; signal?: AbortSignal } = {},
  ) =>
    deleteExpired({
      knex,
      retention: {
        deliveriesMs: days(30),
        runsMs: days(7),
        deploymentsMs: more.deploymentsMs ?? days(365),
        snapshotsMs: days(90),
        maxSnapshots: 30,
      },
      subjects,
      logger,
      now: () => day(more.today ?? 62),
      signal: more.signal ?? new AbortController().signal,
    });
  const left = async () => ({
    deliveries: await knex('custom_data_deliveries').pluck('delivery_id'),
    runs: await knex('custom_data_runs').pluck('run_id'),
  });

  it('deletes what is past its retention, and logs how much', async () => {
    await run();

    await expect(left()).resolves.toEqual({
      deliveries: ['d40'],
      runs: ['r60', 'r61'],
    });
    expect(logger.info.mock.calls).toEqual([
      ['Removed what is past its retention: 1 deliveries, 1 runs'],
    ]);

    await run();
    expect(logger.info).toHaveBeenCalledTimes(1);
  });

  it('keeps a removed deployment while older deliveries can be delivered again', async () => {
    await recordDeployments({
      knex,
      deployments: [aDeployment({ arrival: 1, event: 'deployment.removed' })],
    });
    const removed = () =>
      knex('custom_data_current_deployments').pluck('status');

    await run({ today: 29, deploymentsMs: days(2) });
    await expect(removed()).resolves.toEqual(['removed']);

    await run({ today: 31, deploymentsMs: days(2) });
    await expect(removed()).resolves.toEqual([]);
  });

  it('deletes a removed deployment with what it hides of its target, and of no other', async () => {
    const event = 'deployment.removed';
    await recordDeployments({
      knex,
      deployments: [
        aDeployment({ arrival: 1, target: 'eu', sequence: 1 }),
        aDeployment({ arrival: 2, target: 'us' }),
        aDeployment({ arrival: 3 }),
        aDeployment({ arrival: 4, target: 'eu', event }),
      ],
    });
    await run({ today: 366 });
    await expect(
      knex('custom_data_current_deployments')
        .orderBy('arrival')
        .pluck('version'),
    ).resolves.toEqual(['v2', 'v3']);
  });

  it('runs the other steps when one fails, and then fails', async () => {
    tables.spoil();
    await knex.schema.dropTable('custom_data_delivery_attempts');

    // An error of SQLite's is no `Error` of Jest's where another test loaded the driver.
    const failure = (table: string) =>
      expect.objectContaining({ message: expect.stringContaining(table) });
    await expect(run()).rejects.toEqual(
      failure('custom_data_delivery_attempts'),
    );
    await expect(left()).resolves.toMatchObject({ runs: ['r60', 'r61'] });
    expect(logger.info.mock.calls[0][0]).toContain('1 runs');

    await knex.schema.dropTable('custom_data_read_state');
    await expect(run()).rejects.toMatchObject({
      message: '2 steps of deleting what is past its retention failed',
      errors: [
        failure('custom_data_delivery_attempts'),
        failure('custom_data_read_state'),
      ],
    });
  });

  it('begins no step once the signal has aborted', async () => {
    const stop = new AbortController();
    knex.on('query', ({ sql }) => {
      if (/^delete from .custom_data_deliveries/.test(sql)) {
        stop.abort();
      }
    });

    await run({ signal: stop.signal });

    await expect(left()).resolves.toEqual({
      deliveries: ['d40'],
      runs: ['r40', 'r60', 'r61'],
    });
    expect(logger.info).toHaveBeenCalledTimes(1);
  });
});
