import { compareFields } from './fieldChanges';

const entity = (spec: object) => JSON.stringify({ kind: 'Component', spec });

describe('compareFields', () => {
  it('names the fields that change, from what to what', () => {
    const before = entity({ owner: 'a', type: 'service', dependsOn: ['x'] });
    const after = entity({ owner: 'b', type: 'service', system: 's' });

    expect(compareFields(before, after)).toEqual([
      { field: 'spec.owner', from: 'a', to: 'b' },
      { field: 'spec.system', to: 's' },
      { field: 'spec.dependsOn', from: ['x'] },
    ]);
  });

  it.each([
    [
      'the order of relations',
      { dependsOn: ['x', 'y'] },
      { dependsOn: ['y', 'x'] },
    ],
    ['other fields', { definition: 'a' }, { definition: 'b' }],
  ])('does not count %s', (_, before, after) => {
    expect(compareFields(entity(before), entity(after))).toEqual([]);
  });

  it('finds nothing in an entity that is new', () => {
    expect(compareFields(undefined, entity({ owner: 'a' }))).toEqual([]);
  });
});
