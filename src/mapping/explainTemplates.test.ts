import type { JsonObject } from '@backstage/types';
import jsonata from 'jsonata';
import type { AstNode } from './ast';
import { createRecordMapper } from './createRecordMapper';
import { pathsOf } from './explainTemplates';

const explain = (entity: JsonObject[], record: JsonObject) =>
  createRecordMapper({ name: 'registry', id: 'id', entity }).explain!(record);

describe('explain', () => {
  it('gives one row for each field: its whole text, what it reads and its final value', async () => {
    const entity = [
      {
        kind: 'Component',
        metadata: {
          name: '${{ app }}',
          annotations: { 'custom/owner': '${{ team.name }}' },
          tags: ['a', '${{ $lowercase(language) }}'],
        },
        spec: {
          owner: '${{ kind }}:${{ team.name }}',
          system: '${{ app }}${{ app }}-${{ team.name & app }}',
        },
      },
      { kind: 'API', spec: { n: '${{ $number(n) }}' } },
    ];
    const record = { app: 'a', team: { name: 't' }, n: 'x', more: 1 };

    expect(await explain(entity, record)).toEqual([
      [
        {
          path: 'metadata.name',
          expression: '${{ app }}',
          reads: [{ path: 'app', value: 'a' }],
          value: 'a',
        },
        {
          path: 'metadata.annotations["custom/owner"]',
          expression: '${{ team.name }}',
          reads: [{ path: 'team.name', value: 't' }],
          value: 't',
        },
        {
          path: 'metadata.tags[1]',
          expression: '${{ $lowercase(language) }}',
          reads: [{ path: 'language' }],
        },
        {
          path: 'spec.owner',
          expression: '${{ kind }}:${{ team.name }}',
          reads: [{ path: 'kind' }, { path: 'team.name', value: 't' }],
          error:
            'the expression "kind" gives no value, and the text around it needs a value',
        },
        {
          path: 'spec.system',
          expression: '${{ app }}${{ app }}-${{ team.name & app }}',
          reads: [
            { path: 'app', value: 'a' },
            { path: 'team.name', value: 't' },
          ],
          value: 'aa-ta',
        },
      ],
      [
        {
          path: 'spec.n',
          expression: '${{ $number(n) }}',
          reads: [{ path: 'n', value: 'x' }],
          error:
            'the expression "$number(n)" fails: Unable to cast value to a number: "x"',
        },
      ],
    ]);
  });

  it('shows the values of all members of a list', async () => {
    const [[field]] = await explain([{ a: '${{ [links.url] }}' }], {
      links: [{ url: 'a' }, {}, { url: 'b' }],
    });
    expect(field.reads).toEqual([{ path: 'links.url', value: ['a', 'b'] }]);
  });

  it('shows the first thousand characters of a long value', async () => {
    const [[one, other]] = await explain([{ a: '${{ a }}', b: '${{ b }}' }], {
      a: 'x'.repeat(2000),
      b: [{ c: 'x'.repeat(2000) }],
    });
    expect(one.value).toBe(`${'x'.repeat(1000)}…`);
    expect(other.value).toBe(`[{"c":"${'x'.repeat(993)}…`);
    expect(other.reads).toEqual([{ path: 'b', value: other.value }]);
  });
});

describe('pathsOf', () => {
  it.each<[string, string[][]]>([
    ['a.b.c', [['a', 'b', 'c']]],
    ['$.a', [['a']]],
    ['$$.a.b', [['a', 'b']]],
    ['"text"', []],
    ['$', [[]]],
    ['*', [[]]],
    ['a & b.c & a', [['a'], ['b', 'c']]],
    ['a ? b : c', [['a'], ['b'], ['c']]],
    ['links[type = "url"].href', [['links']]],
    ['links.($$.base & href)', [['links'], ['base']]],
    ['links[type = $$.kind]', [['links'], ['kind']]],
    ['links{ id: href }', [['links']]],
    ['links^(rank).href', [['links']]],
    ['{ "k": a, "l": [b] }', [['a'], ['b']]],
    ['tags.$lowercase($)', [['tags']]],
    ['tags ~> $join(sep)', [['tags'], ['sep']]],
    ['$map(tags, function($t){ $t.x & prefix })', [['tags'], ['prefix']]],
    ['($x := a.b; $x.c)', [['a', 'b']]],
    ['(a.b).c', [['a', 'b']]],
    ['$ ~> | a | { "b": c } |', [[]]],
  ])('of %s are %j', (text, paths) => {
    const found = pathsOf(jsonata(text).ast() as AstNode);
    expect(found).toHaveLength(paths.length);
    expect(found).toEqual(expect.arrayContaining(paths));
  });
});
