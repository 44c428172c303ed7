import type { JsonObject, JsonValue } from '@backstage/types';
import { createRecordMapper } from './createRecordMapper';

async function fill(template: JsonValue, record: JsonObject) {
  const mapper = createRecordMapper({
    name: 'registry',
    id: 'serviceId',
    entity: [{ field: template }],
  });
  const outcome = await mapper.map(record, 'r1');
  return outcome.type === 'mapped'
    ? outcome.entities[0].field
    : outcome.problems;
}

describe('a template', () => {
  describe('an expression alone', () => {
    it.each<[JsonValue]>([
      ['text'],
      [''],
      [7],
      [0],
      [true],
      [false],
      [['a', 'b']],
      [[]],
      [{ a: [{ b: null }] }],
    ])('gives %j with its type', async value => {
      expect(await fill('${{ value }}', { value })).toEqual(value);
      expect(await fill('  ${{ value }}\n', { value })).toEqual(value);
    });

    it.each<[JsonObject]>([[{}], [{ value: null }]])(
      'leaves out its key, or its place in a list, if it gives no value: %j',
      async record => {
        expect(await fill({ a: '${{ value }}', b: 1 }, record)).toStrictEqual({
          b: 1,
        });
        expect(await fill(['${{ value }}', 'b'], record)).toEqual(['b']);
      },
    );

    it('gives a list of one as a list only with [ ] around it', async () => {
      const record = { apps: [{ name: 'a' }] };
      expect(await fill('${{ apps.name }}', record)).toBe('a');
      expect(await fill('${{ [apps.name] }}', record)).toEqual(['a']);
      expect(await fill('${{ apps.name[] }}', record)).toEqual(['a']);
    });
  });

  describe('an expression inside a text', () => {
    it.each<[JsonValue, string]>([
      ['x', 'a-x-b'],
      [7, 'a-7-b'],
      [0, 'a-0-b'],
      [false, 'a-false-b'],
    ])('puts %j into it', async (value, text) => {
      expect(await fill('a-${{ value }}-b', { value })).toBe(text);
    });

    it.each<[JsonObject, string]>([
      [{}, 'no value'],
      [{ team: null }, 'null'],
      [{ team: '' }, 'an empty text'],
      [{ team: '  ' }, 'an empty text'],
    ])('fails for %j, which would leave a gap', async (record, given) => {
      expect(await fill('group:${{ team }}', record)).toEqual([
        {
          code: 'expression-empty',
          severity: 'error',
          recordId: 'r1',
          path: 'entity[0].field',
          message: `Record "r1" of source "registry": entity[0].field: the expression "team" gives ${given}, and the text around it needs a value`,
        },
      ]);
    });

    it.each<[JsonValue, string]>([
      [{ a: 1 }, 'an object'],
      [[], 'a list'],
      [['a'], 'a list'],
    ])('fails for %j', async (team, given) => {
      expect(
        await fill('group:${{ [team][0] }}${{ team }}', { team }),
      ).toContainEqual(
        expect.objectContaining({
          code: 'expression-failed',
          message: expect.stringContaining(
            `"team" gives ${given}, which cannot stand inside a text`,
          ),
        }),
      );
    });
  });

  it('does not change keys and values that are not texts', async () => {
    const template = {
      '${{ a }}': 1,
      b: [true, null, 2.5, 'plain', { c: {} }],
    };
    expect(await fill(template, { a: 'x' })).toEqual(template);
  });

  it('reports a failure at each place of the expression', async () => {
    const problems = await fill(
      { a: '${{ $number(x) }}', b: '${{ $number(x) }}' },
      { x: 'y' },
    );
    expect(problems).toMatchObject([
      { path: 'entity[0].field.a' },
      { path: 'entity[0].field.b' },
    ]);
  });

  it('ignores keys that reach a prototype', async () => {
    const template = JSON.parse(
      '{"__proto__": {"admin": true}, "a": "${{ $ }}"}',
    );
    const record = JSON.parse('{"__proto__": {"admin": true}, "b": 1}');
    const filled = (await fill(template, record)) as { a: { admin?: boolean } };

    expect(filled).toStrictEqual({ a: { b: 1 } });
    expect(filled.a.admin).toBeUndefined();
    expect(({} as { admin?: boolean }).admin).toBeUndefined();
  });
});
