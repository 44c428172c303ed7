import { HeadsSnapshot } from '../../../src/deployments/HeadsSnapshot';
import { DeploymentProcessor } from '../../../src/processors/DeploymentProcessor';
import { SENDER } from '../createRequest';
import { createEntities, createStore } from './createCatalog';
import { measurePass, NO_PROCESSOR } from './measurePass';

describe('measurePass', () => {
  const entities = createEntities(100);

  it('shows what is deployed, with a look-up for all', async () => {
    const { store, deployed } = createStore(100);
    const processor = new DeploymentProcessor({
      senders: [
        { name: SENDER, entity: 'component:default/{service}', aliases: {} },
      ],
      deployments: store,
      snapshot: new HeadsSnapshot(),
      elapsed: () => 0,
    });
    const passed = await measurePass(processor, entities);
    const changed = passed.entities.filter(
      (entity, index) => entity !== entities[index],
    );
    expect(passed.entities).toHaveLength(100);
    expect(changed).toHaveLength(deployed);
    expect(store.queries).toBe(1);
  });

  it('changes nothing without a processor', async () => {
    const passed = await measurePass(NO_PROCESSOR, entities);
    expect(passed.entities).toEqual(entities);
  });
});
