import { DeploymentSubjects } from '../../../src/deployments/DeploymentSubjects';
import { DeploymentProcessor } from '../../../src/processors/DeploymentProcessor';
import { SENDER } from '../createRequest';
import { createDatabase, createEntities } from './createCatalog';
import { measurePass, NO_PROCESSOR } from './measurePass';

describe('measurePass', () => {
  const entities = createEntities(100);

  it('shows what is deployed, with one query for the entities taken up together', async () => {
    const { knex, deployed, queries } = await createDatabase(100);
    const processor = new DeploymentProcessor({
      knex,
      subjects: new DeploymentSubjects([
        { name: SENDER, entity: 'component:default/{service}', aliases: {} },
      ]),
    });
    const passed = await measurePass(processor, entities);
    const changed = passed.entities.filter(
      (entity, index) => entity !== entities[index],
    );
    expect(passed.entities).toHaveLength(100);
    expect(changed).toHaveLength(deployed);
    expect(queries()).toBe(10);
    await knex.destroy();
  });

  it('changes nothing without a processor', async () => {
    const passed = await measurePass(NO_PROCESSOR, entities);
    expect(passed.entities).toEqual(entities);
  });
});
