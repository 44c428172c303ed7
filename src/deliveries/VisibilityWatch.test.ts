import { aSender } from '../config/__testUtils__/aSender';
import { DeploymentSubjects } from '../deployments/DeploymentSubjects';
import type { Delivery } from './delivery';
import { VisibilityWatch } from './VisibilityWatch';

const START = Date.parse('2026-11-30T12:00:00.000Z');

describe('VisibilityWatch', () => {
  let now: number;
  let shown: string[];
  let unshown: string[];
  const visible = jest.fn();
  const compareEntities = jest.fn(async (_refs: string[]) => ({
    shown,
    unshown,
  }));

  beforeEach(() => {
    jest.clearAllMocks();
    now = START;
    shown = [];
    unshown = [];
  });

  const create = () =>
    new VisibilityWatch({
      subjects: new DeploymentSubjects([aSender()]),
      unshown: { compareEntities },
      tracker: { visible },
      now: () => new Date(now),
    });
  const about = (service: string) =>
    ({
      sender: 'ci',
      event: { service },
      queuedAt: new Date(START),
    } as Delivery);

  it('measures each delivery once, when the catalog shows its entity as it is deployed', async () => {
    const watch = create();
    watch.watch(about('a'));
    watch.watch(about('b'));
    now += 1000;
    await watch.look();
    expect(visible).not.toHaveBeenCalled();
    now += 1000;
    shown = ['component:default/a'];
    await watch.look();
    await watch.look();
    expect(visible.mock.calls).toEqual([[{ sender: 'ci', ageMs: 2000 }]]);
    expect(compareEntities).toHaveBeenLastCalledWith(['component:default/b']);
  });

  it('counts one that is never shown after a quarter of an hour', async () => {
    const watch = create();
    watch.watch(about('a'));
    unshown = ['component:default/a'];
    now += 900_000;
    await watch.look();
    expect(visible.mock.calls).toEqual([[{ sender: 'ci', ageMs: 900_000 }]]);
  });

  it('watches one for a quarter of an hour whose entity is to be fetched, and does not measure it where the catalog then lacks that', async () => {
    const watch = create();
    watch.watch(about('fetched'));
    watch.watch(about('unknown'));
    now += 60_000;
    await watch.look();
    shown = ['component:default/fetched'];
    await watch.look();
    now += 840_000;
    await watch.look();
    expect(visible.mock.calls).toEqual([[{ sender: 'ci', ageMs: 60_000 }]]);
    compareEntities.mockClear();
    await watch.look();
    expect(compareEntities).not.toHaveBeenCalled();
  });

  it('asks nobody where it watches nothing, and watches a sample where there are many', async () => {
    const watch = create();
    await watch.look();
    expect(compareEntities).not.toHaveBeenCalled();
    for (let i = 0; i < 150; i++) {
      watch.watch(about(`s${i}`));
    }
    await watch.look();
    expect(compareEntities.mock.calls[0][0]).toHaveLength(100);
  });
});
