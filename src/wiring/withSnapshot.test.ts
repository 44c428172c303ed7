import { SettleWorld } from '../deliveries/__testUtils__/settleWorld';
import { HeadsSnapshot } from '../deployments/HeadsSnapshot';
import { withSnapshot } from './withSnapshot';

describe('withSnapshot', () => {
  it('knows what this process settles when it has the entity refreshed', async () => {
    const world = new SettleWorld();
    const snapshot = new HeadsSnapshot();
    const { record, heads } = world.deployments;
    const deployments = withSnapshot(
      {
        record: record.bind(world.deployments),
        heads: heads.bind(world.deployments),
      },
      snapshot,
    );
    world.add('v1', { service: 'Payments' });
    world.refreshKeys.mockImplementation(async () => {
      expect(snapshot.headsOf('payments')).toMatchObject([{ version: 'v1' }]);
    });

    await world.worker({ deployments }).run(new AbortController().signal);
    expect(world.refreshKeys).toHaveBeenCalledTimes(1);
    expect(world.deliveries.states()).toEqual({ v1: 'done' });
  });
});
