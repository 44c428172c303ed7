import { createMockDirectory } from '@backstage/backend-test-utils';
import { InputError } from '@backstage/errors';
import type { JsonObject } from '@backstage/types';
import { relative } from 'node:path';
import { compileLinear } from '../mapping/regexEngine';
import { compileRecordSchema, readSchemaFile } from './recordSchema';

const checkOf = (schema: JsonObject) =>
  compileRecordSchema('registry', schema, (pattern, flags) =>
    compileLinear(new RegExp(pattern, flags)),
  );

const found = (schema: JsonObject, record: JsonObject) =>
  checkOf(schema)(record, 'r1').map(({ path, message }) => [
    path,
    message.replace('Record "r1" of source "registry": ', ''),
  ]);

const refusalOf = (schema: JsonObject) => {
  try {
    checkOf(schema);
  } catch (error) {
    expect(error).toBeInstanceOf(InputError);
    return (error as Error).message;
  }
  return undefined;
};

const team = { type: 'string' };

describe('compileRecordSchema', () => {
  it('gives no problems for a record that conforms, and does not change it', () => {
    const record = { team: 'a', more: { x: 1 } };
    expect(
      found({ properties: { team, tier: { default: 1 } } }, record),
    ).toEqual([]);
    expect(record).toEqual({ team: 'a', more: { x: 1 } });
  });

  it('names the record, the field and the rule of the schema', () => {
    expect(checkOf({ properties: { team } })({ team: 7 }, 'r1')).toEqual([
      {
        code: 'record-schema',
        severity: 'error',
        recordId: 'r1',
        path: 'team',
        message:
          'Record "r1" of source "registry": team must be string (schema: type)',
      },
    ]);
  });

  it('gives all faults together, each with its path', () => {
    const schema = {
      type: 'object',
      required: ['team'],
      additionalProperties: false,
      minProperties: 9,
      properties: {
        team,
        tier: { enum: ['gold', 'iron'] },
        v: { const: 2 },
        hosts: { items: { format: 'hostname' } },
        'a/b~c': { type: 'object', propertyNames: { maxLength: 1 } },
      },
    };
    const record = {
      tier: 'lead',
      v: 1,
      hosts: ['ok', 'no host'],
      'a/b~c': { long: 1 },
      surplus: 1,
    };
    expect(found(schema, record)).toEqual(
      expect.arrayContaining([
        [
          undefined,
          'the record must NOT have fewer than 9 properties (schema: minProperties)',
        ],
        ['team', 'team is missing (schema: required)'],
        [
          'tier',
          'tier must be equal to one of the allowed values: ["gold","iron"] (schema: enum)',
        ],
        ['v', 'v must be equal to constant: 2 (schema: const)'],
        ['hosts[1]', 'hosts[1] must match format "hostname" (schema: format)'],
        [
          '["a/b~c"]',
          '["a/b~c"] property name must be valid: "long" (schema: propertyNames)',
        ],
        [
          undefined,
          'the record must NOT have additional properties: "surplus" (schema: additionalProperties)',
        ],
      ]),
    );
  });

  it('never shows a value of the record', () => {
    const schema = {
      properties: {
        a: { pattern: '^x' },
        b: { format: 'date' },
        c: { maxLength: 1 },
        d: { enum: ['x'] },
        e: { not: {} },
        f: { multipleOf: 2 },
        g: { uniqueItems: true },
      },
    };
    const secret = 'hunter2';
    const record = {
      ...Object.fromEntries([...'abcde'].map(key => [key, secret])),
      f: 77777,
      g: [secret, secret],
    };
    const messages = JSON.stringify(found(schema, record));
    expect(found(schema, record)).toHaveLength(7);
    expect(messages).not.toMatch(/hunter2|77777/);
  });

  it('gives twenty faults and counts the others', () => {
    const record = { list: Array(50).fill(1), [`k${'x'.repeat(1e5)}`]: 1 };
    const faults = found(
      { properties: { list: { items: team } }, maxProperties: 1 },
      record,
    );
    expect(faults).toHaveLength(21);
    expect(faults[20]).toEqual([undefined, 'the record has 31 more faults']);
  });

  it('cuts a long name of a field short', () => {
    const [[path, message]] = found(
      { additionalProperties: team },
      { [`k${'x'.repeat(1e5)}`]: 1 },
    );
    expect(path!.length + message!.length).toBeLessThan(1000);
  });

  it.each([
    ['http://json-schema.org/draft-07/schema#', { items: [team] }],
    [
      'https://json-schema.org/draft/2019-09/schema',
      { items: [team], unevaluatedItems: false },
    ],
    [
      'https://json-schema.org/draft/2020-12/schema',
      { prefixItems: [team], items: false },
    ],
  ])('reads schemas of %s', ($schema, tuple) => {
    const schema = { $schema, properties: { pair: tuple } };
    expect(found(schema, { pair: ['a'] })).toEqual([]);
    expect(found(schema, { pair: [1] })).toMatchObject([['pair[0]', {}]]);
  });

  it('takes draft 2020-12 where none is named', () => {
    expect(
      found({ properties: { a: { prefixItems: [team] } } }, { a: [1] }),
    ).toHaveLength(1);
  });

  it('follows refs inside the schema, recursive ones too', () => {
    const schema = {
      $defs: {
        node: { properties: { name: team, next: { $ref: '#/$defs/node' } } },
      },
      $ref: '#/$defs/node',
    };
    expect(found(schema, { next: { next: { name: 1 } } })).toMatchObject([
      ['next.next.name', {}],
    ]);
  });

  it('allows the keywords that other tools write into schemas', () => {
    expect(
      found(
        {
          title: 'A service',
          'x-owner': 'platform',
          properties: {
            team: { type: 'string', example: 'a', 'x-order': 1 },
            id: { type: 'integer', format: 'int64', nullable: true },
            home: { type: 'string', format: 'iri', deprecated: true },
          },
        },
        { team: 'a', id: null, home: 'x' },
      ),
    ).toEqual([]);
  });

  it.each<[string, JsonObject, RegExp]>([
    ['a misspelt keyword', { requried: ['a'] }, /begin it with.*"requried"/s],
    ['an invalid schema', { type: 'text' }, /schema is invalid/],
    [
      'a ref that leads out of it',
      { $ref: 'https://example.com/team.json' },
      /"https:\/\/example.com\/team.json" refers to under "\$defs".*nothing is fetched/,
    ],
    [
      'an unknown draft',
      { $schema: 'http://json-schema.org/draft-04/schema#' },
      /"\$schema" is .*draft-04.*draft-07/,
    ],
    ['an unknown format', { format: 'semver' }, /unknown format "semver"/],
    [
      'a pattern that would need backtracking',
      { pattern: '^(?!x)' },
      /look-ahead/,
    ],
    [
      'a name pattern that would need backtracking',
      { patternProperties: { '(a)\\1': {} } },
      /back-references/,
    ],
    ['an asynchronous one', { $async: true }, /"\$async" is not supported/],
  ])('refuses %s', (_, schema, reason) => {
    const message = refusalOf(schema);
    expect(message).toMatch(/^cannot be used as a JSON Schema; /);
    expect(message).toMatch(reason);
  });

  it('takes linear time for patterns and URLs from outside', () => {
    const schema = {
      properties: {
        a: { pattern: '^(a+)+$' },
        b: { type: 'string', format: 'url' },
      },
    };
    const record = {
      a: `${'a'.repeat(50_000)}!`,
      b: `http://a@${'é::'.repeat(50_000)}`,
    };
    expect(found(schema, record)).toMatchObject([
      ['a', {}],
      ['b', {}],
    ]);
  });
});

describe('readSchemaFile', () => {
  const directory = createMockDirectory();
  const read = (content: string) => {
    directory.setContent({ 'schema.json': content });
    return readSchemaFile(directory.resolve('schema.json'));
  };

  it('reads a schema, with or without a byte order mark, by any path', () => {
    expect(read('\uFEFF{ "type": "object" }')).toEqual({ type: 'object' });
    expect(
      readSchemaFile(relative(process.cwd(), directory.resolve('schema.json'))),
    ).toEqual({ type: 'object' });
  });

  it('says by its path which file is not JSON, with the message of the parser', () => {
    expect(() => read('{\n  "type": object\n}')).toThrow(
      `names the file "${directory.resolve(
        'schema.json',
      )}", which cannot be used as a JSON Schema`,
    );
    expect(() => read('{ "type": object }')).toThrow(
      "caused by SyntaxError: Unexpected token 'o'",
    );
    expect(() => read('')).toThrow('Unexpected end of JSON input');
  });

  it.each(['[]', 'null', '"x"'])('refuses %s', content => {
    expect(() => read(content)).toThrow('holds no object');
  });

  it('says which file is not there, and keeps why', () => {
    expect(() => readSchemaFile('/nowhere/schema.json')).toThrow(
      /"\/nowhere\/schema.json", which cannot be used.*ENOENT/,
    );
  });
});
