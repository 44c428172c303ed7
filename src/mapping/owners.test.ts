import { createRecordMapper } from './createRecordMapper';
import { createTransformerMapper } from './createTransformerMapper';

const settings = {
  name: 'registry',
  id: 'id',
  entity: [
    {
      kind: 'Component',
      metadata: { name: '${{ id }}', namespace: '${{ namespace }}' },
      spec: { type: 'service', owner: '${{ owner }}' },
    },
  ],
  owners: {
    'platform-team': 'group:default/platform',
    'Web Shop': 'group:default/shop',
    'group:payments/core': 'group:payments/ledger',
    'user:default/jane': 'group:default/identity',
  },
};

async function ownerOf(owner: unknown, namespace = 'default') {
  const mapper = createRecordMapper(settings);
  const record = { id: 'a', owner: owner as string, namespace };
  const outcome = await mapper.map(record, 'a');
  return outcome.type === 'mapped'
    ? (outcome.entities[0].spec as any).owner
    : outcome;
}

describe('owners of a source', () => {
  it.each([
    ['as it is written', 'platform-team', 'group:default/platform'],
    ['that is no ref', 'Web Shop', 'group:default/shop'],
    [
      'in its full form',
      'group:default/platform-team',
      'group:default/platform',
    ],
    ['in another case', 'Group:Platform-Team', 'group:default/platform'],
    ['that is a user', 'user:jane', 'group:default/identity'],
  ])('replace an owner %s', async (_, given, expected) => {
    await expect(ownerOf(given)).resolves.toBe(expected);
  });

  it('read an owner in the namespace of its entity', async () => {
    await expect(ownerOf('core', 'payments')).resolves.toBe(
      'group:payments/ledger',
    );
    await expect(ownerOf('core')).resolves.toBe('core');
  });

  it.each(['search', 7, ['platform-team']])(
    'leave %j as it is',
    async owner => {
      await expect(ownerOf(owner)).resolves.toEqual(owner);
    },
  );

  it('hold for a mapping in code too', async () => {
    const { owners } = settings;
    const mapper = createTransformerMapper(
      { name: 'registry', id: 'id', entity: [], owners },
      {
        name: 'own',
        version: '1',
        transform: () => [
          { spec: { owner: 'platform-team' } },
          { kind: 'API' },
        ],
      },
    );
    await expect(mapper.map({ id: 'a' }, 'a')).resolves.toEqual({
      type: 'mapped',
      entities: [
        { spec: { owner: 'group:default/platform' } },
        { kind: 'API' },
      ],
    });
  });
});
