import { findFaultsAcrossKeys } from './sourceFaults';

const PATH = ['sources', 'registry'];
const url = 'https://api.example.com/services';
const tables = { owners: { a: 'b' } };
const lookUp = '$fromTable("owners", team)';

const faultyKeys = (source: object) =>
  findFaultsAcrossKeys({ url, ...source }, PATH).map(({ path }) =>
    path.slice(PATH.length).join('.'),
  );

describe('findFaultsAcrossKeys', () => {
  it.each([
    ['entity', { id: 'id', entity: {} }],
    ['when', { when: 'live' }],
    ['id', { id: lookUp }],
    ['records', { records: lookUp }],
    ['pagination.next', { pagination: { type: 'link', next: lookUp } }],
    ['id beside a transformer', { id: lookUp, transformer: 'own' }],
  ])('lets tables be used by %s', (_, source) => {
    expect(faultyKeys({ ...source, tables })).toEqual([]);
  });

  it.each([
    ['nothing of its own', {}],
    ['an id that is a path', { id: 'team', transformer: 'own' }],
    ['records that are a path', { records: 'data.items' }],
    ['a cursor that is a path', { pagination: { type: 'cursor', next: 'c' } }],
  ])('refuses tables beside %s', (_, source) => {
    expect(faultyKeys({ ...source, tables })).toEqual(['tables']);
  });
});
