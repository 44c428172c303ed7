import {
  createTransformerMapper,
  type Transformed,
} from './createTransformerMapper';

const record = { id: 'a', token: 'hunter2' };

function mapWith(
  transform: () => Transformed | Promise<Transformed>,
  when?: string,
) {
  const mapper = createTransformerMapper(
    { name: 'registry', id: 'id', entity: [], when },
    { name: 'own', version: '1', transform },
  );
  return mapper.map(record, 'a');
}

describe('createTransformerMapper', () => {
  it.each<[string, Transformed, object[]]>([
    ['one entity', { kind: 'API' }, [{ kind: 'API' }]],
    ['several', [{ kind: 'API' }, { n: 1 }], [{ kind: 'API' }, { n: 1 }]],
    ['none', undefined, []],
    [
      'what is no JSON',
      { a: undefined, b: new Date(0) },
      [{ b: new Date(0).toJSON() }],
    ],
  ])('accepts %s', async (_, given, entities) => {
    await expect(mapWith(async () => given)).resolves.toEqual({
      type: 'mapped',
      entities,
    });
  });

  it('removes keys that could change a prototype', async () => {
    const entity = JSON.parse('{"spec":{"__proto__":{"admin":true},"a":1}}');
    const outcome = await mapWith(() => entity);
    expect(outcome).toStrictEqual({
      type: 'mapped',
      entities: [{ spec: { a: 1 } }],
    });
  });

  it('fails a record if the result leads back to itself', async () => {
    const loop: { loop?: object } = {};
    loop.loop = loop;
    expect(await mapWith(() => loop)).toMatchObject({
      type: 'failed',
      problems: [{ code: 'transformer-failed' }],
    });
  });

  it('does not transform a record that is to have no entity', async () => {
    const transform = jest.fn();
    await expect(mapWith(transform, 'live')).resolves.toEqual({
      type: 'mapped',
      entities: [],
    });
    expect(transform).not.toHaveBeenCalled();
  });

  it.each<[string, unknown, string, string | undefined]>([
    [
      'an error',
      new TypeError(`no team in {"token":"hunter2"}\nfor a`),
      'TypeError',
      String.raw`"no team in {\"token\":\"hunter2\"}\nfor a"`,
    ],
    ['a text', 'hunter2', 'not with an Error', '"hunter2"'],
    [
      'a record',
      { name: 'hunter2' },
      'not with an Error',
      '{"name":"hunter2"}',
    ],
    ['nothing', undefined, 'not with an Error', undefined],
  ])(
    'fails a record if it throws %s, with nothing of that in the message',
    async (_, thrown, name, value) => {
      const outcome = await mapWith(async () => {
        throw thrown;
      });
      expect(outcome).toEqual({
        type: 'failed',
        problems: [
          {
            code: 'transformer-failed',
            severity: 'error',
            recordId: 'a',
            message: `Record "a" of source "registry": the transformer "own" failed (${name})`,
            ...(value !== undefined && { value }),
          },
        ],
      });
    },
  );

  it('shortens a long message', async () => {
    const outcome = await mapWith(() => {
      throw new Error('x'.repeat(500));
    });
    expect(outcome).toMatchObject({
      problems: [{ value: `"${'x'.repeat(78)}…` }],
    });
  });
});
