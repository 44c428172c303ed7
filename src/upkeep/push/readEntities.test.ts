import { InputError } from '@backstage/errors';
import { isJson, pickEntity, readEntities } from './readEntities';

const path = { kind: 'Component', namespace: 'default', name: 'payments' };
const entityRef = 'component:default/payments';
const entity = { kind: 'Component', metadata: { name: 'payments' } };

const read = (text: string | Buffer, type?: string) => {
  const bytes = Buffer.from(text);
  return readEntities(bytes, isJson(bytes, type));
};
const pick = (...given: any[]) => pickEntity(given, path, entityRef);

describe('readEntities', () => {
  it.each([
    ['JSON', JSON.stringify(entity), 'application/json', 1],
    ['JSON as curl sends it', ` \n${JSON.stringify(entity)}`, 'text/x', 1],
    ['a list', JSON.stringify([entity, entity]), undefined, 2],
    ['an empty list', '[]', undefined, 0],
    ['YAML', 'kind: Component\nmetadata: { name: payments }', 'text/yaml', 1],
    [
      'documents of YAML',
      'kind: Component\nmetadata: { name: payments }\n---\nkind: API',
      'application/yaml',
      2,
    ],
    ['YAML without a type', 'kind: API\n', undefined, 1],
  ])('reads %s', (_, text, type, count) => {
    expect(read(text, type)).toHaveLength(count);
  });

  it.each([
    ['', 'application/json', /^body: is empty; /],
    ['', undefined, /^body: .*has no entity in it/],
    ['{"kind": "secret', undefined, /^body: is not JSON; /],
    ['kind: API', 'application/json', /^body: is not JSON; /],
    ['3', 'application/json', /^body: is a number, and no entity/],
    ['[{}, "a"]', undefined, /^body\[1\]: is a string, and no entity/],
    ['"a" b', 'text/yaml', /^body: line 1, column \d+: /],
    ['a: 1\na: 2', 'text/yaml', /^body: line 2, column 1: has the key "a"/],
    ['[[[1]]]', undefined, /^body: is a list of 1, and no entity/],
    [
      `{"a": ${'['.repeat(200_000)}`,
      undefined,
      /^body: is nested more than 100 levels deep/,
    ],
    [Buffer.from([0x7b, 0xff, 0x7d]), 'application/json', /^body: is no UTF-8/],
  ])('refuses %j, without a word of it', (text, type, reason) => {
    expect(() => read(text, type)).toThrow(InputError);
    expect(() => read(text, type)).toThrow(reason);
    expect(() => read(text, type)).not.toThrow(/secret/);
  });
});

describe('pickEntity', () => {
  const other = { kind: 'API', metadata: { name: 'b', namespace: 'x' } };

  it('takes the one that the path names, in any case', () => {
    expect(pick(entity)).toBe(entity);
    expect(pick(other, entity)).toBe(entity);
    const upper = { kind: 'component', metadata: { name: 'Payments' } };
    expect(pick(upper)).toBe(upper);
  });

  it.each([
    [
      other,
      'kind: is "API", and the path names "Component"; ' +
        'metadata.namespace: is "x", and the path names "default"; ' +
        'metadata.name: is "b", and the path names "payments"',
    ],
    [{}, /^kind: is missing, .*; metadata.name: is missing/],
    [{ ...entity, metadata: { name: 3 } }, /^metadata.name: is 3, and/],
    [
      { ...entity, metadata: { name: 'pay ments' } },
      /^metadata.name: is "pay ments", and/,
    ],
  ])(
    'names the fields of %j that the path calls otherwise',
    (given, reason) => {
      expect(() => pick(given)).toThrow(reason);
    },
  );

  it('refuses a list without it, and one with it twice', () => {
    expect(() => pick()).toThrow(/^body: has 0 entities, and none of them/);
    expect(() => pick(other, other)).toThrow(/^body: has 2 entities, and none/);
    expect(() => pick(entity, entity)).toThrow(/^body: has "component:.* 2 ti/);
  });
});
