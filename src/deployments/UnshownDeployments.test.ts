import type { Entity } from '@backstage/catalog-model';
import { mockLogger } from '../__testUtils__/mockLogger';
import { aSender } from '../config/__testUtils__/aSender';
import { describeTables } from '../database/__testUtils__/describeTables';
import { aDeployment, at } from './__testUtils__/aDeployment';
import { recordDeployments } from './database/recordDeployments';
import { DeploymentSubjects } from './DeploymentSubjects';
import { UnshownDeployments } from './UnshownDeployments';

const never = new AbortController().signal;
const refOf = (name: string) => `component:default/${name}`;

describeTables('UnshownDeployments %p', tables => {
  let shown: Map<string, Record<string, string>>;
  const refreshKeys = jest.fn(async (_keys: string[]) => {});
  const logger = mockLogger();

  beforeEach(() => {
    jest.clearAllMocks();
    shown = new Map();
  });

  const create = () =>
    new UnshownDeployments({
      knex: tables.knex,
      subjects: new DeploymentSubjects([
        aSender({ aliases: { legacy: 'payments' } }),
      ]),
      catalog: {
        getEntitiesByRefs: async ({ entityRefs }) => ({
          items: entityRefs.map(ref => {
            const annotations = shown.get(ref);
            return annotations && ({ metadata: { annotations } } as Entity);
          }),
        }),
      },
      credentials: async () => ({} as never),
      refreshKeys,
      logger,
    });
  const asDeployed = (version: string, minutes: number) => ({
    'custom/deployed-version.production': version,
    'custom/deployed-at.production': at(minutes).toISOString(),
    'custom/other': 'theirs',
  });

  it('finds what an entity does not show, shows of before, or shows though it is gone', async () => {
    const event = 'deployment.removed';
    await recordDeployments({
      knex: tables.knex,
      deployments: [
        aDeployment({ arrival: 1, service: 'right' }),
        aDeployment({ arrival: 2, service: 'nothing' }),
        aDeployment({ arrival: 3, service: 'legacy' }),
        aDeployment({ arrival: 4, service: 'gone', event }),
        aDeployment({ arrival: 5, service: 'no-entity' }),
      ],
    });
    shown.set(refOf('right'), asDeployed('v1', 1));
    shown.set(refOf('nothing'), {});
    shown.set(refOf('payments'), asDeployed('v2', 2));
    shown.set(refOf('gone'), asDeployed('v3', 3));
    const unshown = create();
    await unshown.compare(never);

    const refs = ['gone', 'nothing', 'payments'].map(refOf);
    const [[keys], ...others] = refreshKeys.mock.calls;
    expect(others).toEqual([]);
    expect([...keys].sort()).toEqual(
      refs.map(ref => `custom-data-deployment:${ref}`),
    );
    expect(unshown.takeMark(refOf('gone'))).toBe(true);
    expect(unshown.takeMark(refOf('gone'))).toBe(false);
    expect(unshown.takeMark(refOf('right'))).toBe(false);
  });

  it('forgets what another replica has healed since', async () => {
    await recordDeployments({
      knex: tables.knex,
      deployments: [aDeployment({ arrival: 1, service: 'payments' })],
    });
    shown.set(refOf('payments'), {});
    const unshown = create();
    await unshown.compare(never);
    shown.set(refOf('payments'), asDeployed('v1', 1));
    await unshown.compare(never);
    expect(unshown.takeMark(refOf('payments'))).toBe(false);
  });

  it('looks at everything, page by page, until it has to stop', async () => {
    const deployments = Array.from({ length: 1001 }, (_, i) => {
      const service = `s${i}`;
      shown.set(refOf(service), {});
      return aDeployment({ arrival: i + 1, service });
    });
    await recordDeployments({ knex: tables.knex, deployments });
    await create().compare(never);
    expect(refreshKeys.mock.calls.map(([keys]) => keys.length)).toEqual([
      1000, 1,
    ]);

    refreshKeys.mockClear();
    await create().compare(AbortSignal.abort());
    expect(refreshKeys).toHaveBeenCalledTimes(1);
  });

  it('logs what is found, and not again while it lasts', async () => {
    const deployments = ['a', 'b', 'c', 'd'].map((service, i) => {
      shown.set(refOf(service), {});
      return aDeployment({ arrival: i + 1, service });
    });
    await recordDeployments({ knex: tables.knex, deployments });
    const unshown = create();
    await unshown.compare(never);
    await unshown.compare(never);
    expect(logger.info.mock.calls).toEqual([
      [
        'The catalog processes 4 entities again, since what runs there does not show: "component:default/a", "component:default/b", "component:default/c" and 1 more',
      ],
    ]);
  });

  it('counts one entity in the singular', async () => {
    shown.set(refOf('a'), {});
    const deployments = [aDeployment({ arrival: 1, service: 'a' })];
    await recordDeployments({ knex: tables.knex, deployments });
    await create().compare(never);
    expect(logger.info.mock.calls).toEqual([
      [
        'The catalog processes 1 entity again, since what runs there does not show: "component:default/a"',
      ],
    ]);
  });
});
