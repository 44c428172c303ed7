import { describeTables } from '../../database/__testUtils__/describeTables';
import { DeliveryWorld } from '../__testUtils__/DeliveryWorld';
import { readDeliveryReadings } from './deliveryReadings';

describeTables('what is measured of deliveries on %p', tables => {
  it('is how many are not done, by sender and state, and for how long the oldest waits', async () => {
    const world = new DeliveryWorld(tables.knex);
    await world.add('done');
    await world.addUnknown('unmatched');
    await world.run();
    await world.add('v1');
    world.wait(30_000);
    await world.add('v2');
    await world.add('v3', { sender: 'argo' });
    world.wait(1000);
    const { knex } = tables;
    const readings = await readDeliveryReadings({
      knex,
      senders: [{ name: 'argo' }],
      now: () => world.now,
    });
    expect(
      readings.map(({ gauge, value, labels }) => [
        gauge.replace('custom_data_deliveries', ''),
        labels.sender,
        labels.state,
        value,
      ]),
    ).toEqual(
      expect.arrayContaining([
        ['', 'ci', 'pending', 2],
        ['', 'argo', 'pending', 1],
        ['', 'ci', 'unmatched', 1],
        ['_oldest_seconds', 'ci', 'pending', 31],
        ['_oldest_seconds', 'argo', 'pending', 1],
        ['', 'argo', 'failed', 0],
        ['_oldest_seconds', 'argo', 'failed', 0],
      ]),
    );
    expect(readings).toHaveLength(7);
  });
});
