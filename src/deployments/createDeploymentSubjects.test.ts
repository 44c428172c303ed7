import { aSender } from '../config/__testUtils__/aSender';
import { aHead } from './__testUtils__/aHead';
import { createDeploymentSubjects } from './createDeploymentSubjects';

const subjects = createDeploymentSubjects([
  aSender({ aliases: { 'payments-legacy': 'Payments-API' } }),
  aSender({ name: 'argo', entity: 'component:default/{service}-api' }),
  aSender({ name: 'infra', entity: 'resource:default/{service}' }),
]);

describe('createDeploymentSubjects', () => {
  it('finds the services of every sender that show on an entity', () => {
    expect(subjects.subjectsOf('Component:default/Payments-API')).toEqual([
      { sender: 'ci', serviceKeys: ['payments-api', 'payments-legacy'] },
      { sender: 'argo', serviceKeys: ['payments'] },
    ]);
  });

  it('leaves out senders of which no service shows there', () => {
    expect(subjects.subjectsOf('component:default/payments-legacy')).toEqual(
      [],
    );
    expect(subjects.subjectsOf('component:other/payments-api')).toEqual([]);
    expect(subjects.subjectsOf('resource:default/db')).toEqual([
      { sender: 'infra', serviceKeys: ['db'] },
    ]);
  });

  it('names the entity that a service is about, where the sender is known', () => {
    expect(subjects.entityRefOf('ci', 'Payments-Legacy')).toBe(
      'component:default/payments-api',
    );
    expect(subjects.entityRefOf('gone', 'payments')).toBeUndefined();
  });

  it('reads the aliases of a sender once, however many services it is asked of', () => {
    const aliases = jest.fn(() => ({ old: 'new' }));
    const sender = Object.defineProperty(aSender(), 'aliases', {
      get: aliases,
    });
    const { entityRefOf } = createDeploymentSubjects([sender]);
    aliases.mockClear();
    expect(entityRefOf('ci', 'old')).toBe('component:default/new');
    expect(entityRefOf('ci', 'other')).toBe('component:default/other');
    expect(aliases).not.toHaveBeenCalled();
  });

  it('says which head counts, if it says removed, too', () => {
    const older = aHead({ arrival: 2 });
    const newer = aHead({ arrival: 3, status: 'removed' });
    expect(subjects.newestOf([older, newer, aHead({})])).toBe(newer);
    expect(subjects.newestOf([])).toBeUndefined();
  });
});
