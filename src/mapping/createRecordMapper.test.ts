import type { JsonObject, JsonValue } from '@backstage/types';
import { createRecordMapper, toRecordId } from './createRecordMapper';

type Settings = Parameters<typeof createRecordMapper>[0];

const createMapper = (settings: Partial<Settings> = {}) =>
  createRecordMapper({
    name: 'registry',
    id: 'serviceId',
    entity: [{}],
    ...settings,
  });

describe('createRecordMapper', () => {
  it('maps a record to a Component', async () => {
    const mapper = createMapper({
      entity: [
        {
          apiVersion: 'backstage.io/v1alpha1',
          kind: 'Component',
          metadata: {
            name: '${{ serviceId }}',
            annotations: { 'custom/owner': '${{ team }}' },
          },
          spec: {
            type: 'service',
            lifecycle: 'production',
            owner: 'group:${{ team }}',
          },
        },
      ],
    });
    const record = { serviceId: 'payments-api', team: 'payments' };

    expect(await mapper.recordId(record)).toBe('payments-api');
    expect(await mapper.map(record, 'payments-api')).toMatchObject({
      type: 'mapped',
      entities: [
        {
          apiVersion: 'backstage.io/v1alpha1',
          kind: 'Component',
          metadata: {
            name: 'payments-api',
            annotations: { 'custom/owner': 'payments' },
          },
          spec: {
            type: 'service',
            lifecycle: 'production',
            owner: 'group:payments',
          },
        },
      ],
    });
  });

  it('gives one entity for each template', async () => {
    const mapper = createMapper({
      entity: [
        { kind: 'Component', n: '${{ n }}' },
        { kind: 'API', n: '${{ n }}' },
      ],
    });
    expect(await mapper.map({ n: 1 }, 'r1')).toMatchObject({
      type: 'mapped',
      entities: [
        { kind: 'Component', n: 1 },
        { kind: 'API', n: 1 },
      ],
    });
  });

  it('gives all problems of a record together', async () => {
    const mapper = createMapper({
      entity: [
        { metadata: { name: '${{ $number(id) }}', title: '${{ title }}' } },
        { spec: { owner: 'group:${{ team }}', list: ['${{ $error("no") }}'] } },
      ],
    });

    const outcome = await mapper.map({ id: 'x' }, 'r1');
    expect(outcome).toEqual({
      type: 'failed',
      problems: [
        {
          code: 'expression-failed',
          severity: 'error',
          recordId: 'r1',
          path: 'entity[0].metadata.name',
          message:
            'Record "r1" of source "registry": entity[0].metadata.name: the expression "$number(id)" at position 8 fails: Unable to cast value to a number',
          value: '"x"',
        },
        expect.objectContaining({
          code: 'expression-empty',
          path: 'entity[1].spec.owner',
        }),
        expect.objectContaining({
          code: 'expression-failed',
          path: 'entity[1].spec.list[0]',
          message: expect.stringContaining('fails: no'),
        }),
      ],
    });
  });

  it('shares no object between records, entities and places', async () => {
    const record = { value: { list: [1] } };
    const mapper = createMapper({
      entity: [{ a: '${{ value }}', b: '${{ value }}', c: { d: [1] } }],
    });
    const map = async () => {
      const outcome = await mapper.map(record, 'r1');
      return (outcome as { entities: any[] }).entities[0];
    };
    const [first, second] = [await map(), await map()];
    first.a.list.push(2);
    first.c.d.push(2);

    expect(first.b).toEqual({ list: [1] });
    expect(second).toEqual({
      a: { list: [1] },
      b: { list: [1] },
      c: { d: [1] },
    });
    expect(record).toEqual({ value: { list: [1] } });
  });

  describe('recordId', () => {
    it.each<[string, JsonValue, string | undefined]>([
      ['serviceId', { serviceId: 'a' }, 'a'],
      ['serviceId', { serviceId: 7 }, '7'],
      ['serviceId', {}, undefined],
      ['meta.id', { meta: { id: 'a' } }, 'a'],
      ['org & "/" & name', { org: 'o', name: 'n' }, 'o/n'],
      ['$number(serviceId)', { serviceId: 'x' }, undefined],
      ['$', 'a', undefined],
      ['$[0]', ['a'], undefined],
      ['"same"', null, undefined],
    ])('%s of %j is %p', async (id, record, expected) => {
      expect(await createMapper({ id }).recordId(record)).toBe(expected);
    });
  });

  describe('when', () => {
    const entity = [{ kind: 'Component' }];
    const mapWhen = (when: string, record: JsonObject) =>
      createMapper({ when, entity }).map(record, 'r1');

    it.each<[string, JsonObject]>([
      ['active', { active: true }],
      ['stage = "live"', { stage: 'live' }],
      ['$exists(stage)', { stage: null }],
    ])('%s is true for %j', async (when, record) => {
      expect(await mapWhen(when, record)).toMatchObject({
        type: 'mapped',
        entities: entity,
      });
    });

    it.each<[string, JsonObject]>([
      ['active', { active: false }],
      ['active', {}],
      ['active', { active: null }],
      ['stage = "live"', { stage: 'gone' }],
    ])(
      '%s of %j gives neither an entity nor a problem',
      async (when, record) => {
        expect(await mapWhen(when, record)).toMatchObject({
          type: 'mapped',
          entities: [],
        });
      },
    );

    it('fails a record if the result is neither true nor false', async () => {
      const problem = { code: 'expression-failed', path: 'when' };
      expect(await mapWhen('active', { active: 'yes' })).toMatchObject({
        type: 'failed',
        problems: [
          {
            ...problem,
            message:
              'Record "r1" of source "registry": when: the expression "active" gives neither true nor false',
            value: '"yes"',
          },
        ],
      });
      expect(await mapWhen('$number(n) > 1', { n: 'x' })).toMatchObject({
        problems: [
          {
            ...problem,
            message:
              'Record "r1" of source "registry": when: the expression "$number(n) > 1" at position 8 fails: Unable to cast value to a number',
            value: '"x"',
          },
        ],
      });
    });
  });

  it('can use the tables of the source in every expression', async () => {
    const tables = { stages: { prod: 'production' } };
    const lookUp = '$fromTable("stages", stage)';
    const mapper = createMapper({
      id: lookUp,
      records: '$fromTable("stages", "x", [1])',
      when: `${lookUp} = "production"`,
      entity: [{ spec: { lifecycle: `\${{ ${lookUp} }}` } }],
      tables,
    });
    const record = { stage: 'prod' };

    expect(await mapper.recordId(record)).toBe('production');
    expect(await mapper.selectRecords({})).toEqual([1]);
    expect(await mapper.map(record, 'r1')).toMatchObject({
      type: 'mapped',
      entities: [{ spec: { lifecycle: 'production' } }],
    });
  });

  it.each<[string | undefined, string[] | undefined]>([
    [undefined, []],
    ['services', ['services']],
    ['data.services', ['data', 'services']],
    ['$$.data.services', ['data', 'services']],
    ['[services]', ['services']],
    ['services[active]', undefined],
    ['$filter(services, function($s){ $s.a })', undefined],
    ['$', undefined],
  ])('finds the list of %p at %j', (records, path) => {
    expect(createMapper({ records }).listPath).toEqual(path);
  });

  it('selects records by the setting "records"', async () => {
    expect(
      await createMapper({ records: 'data' }).selectRecords({ data: [1] }),
    ).toEqual([1]);
    expect(await createMapper().selectRecords([1])).toEqual([1]);
    await expect(createMapper().selectRecords({})).rejects.toMatchObject({
      name: 'SourceError',
      code: 'shape',
    });
  });
});

describe('explainNoId', () => {
  it.each([
    ['{}', 'gives nothing'],
    ['{"id":null}', 'gives null'],
    ['{"id":{"a":"s3cret"}}', 'gives an object with the keys "a"'],
    [
      '{"id":1234567890123456789}',
      'gives a number beyond 2^53, which JSON rounds',
    ],
    ['{"id":""}', 'gives a string of 0 characters; an id has 1 to 255'],
    ['{"id":"s3cret\\u0000"}', 'gives a string with control characters'],
  ])('says of %s why it has no id', async (record, why) => {
    const text = await createMapper({ id: 'id' }).explainNoId(
      JSON.parse(record),
    );
    expect(text).toContain(`the expression "id" of the key "id" ${why}`);
    expect(text).not.toContain('s3cret');
  });

  it('says if the expression fails', async () => {
    await expect(
      createMapper({ id: '$uppercase(id)' }).explainNoId({ id: 5 }),
    ).resolves.toContain(
      'the expression "$uppercase(id)" of the key "id" fails: ',
    );
  });
});

describe('toRecordId', () => {
  it.each([
    ['a', 'a'],
    [' a b ', ' a b '],
    ['é😀', 'é😀'],
    ['x'.repeat(255), 'x'.repeat(255)],
    [0, '0'],
    [-7, '-7'],
    [1.5, '1.5'],
    [2 ** 53 - 1, '9007199254740991'],
  ])('accepts %p', (value, id) => {
    expect(toRecordId(value)).toBe(id);
  });

  it.each([
    undefined,
    null,
    true,
    '',
    'x'.repeat(256),
    'a\nb',
    'a\u0000',
    'a\u0085',
    '\ud800',
    ['a'],
    { a: 1 },
  ])('refuses %p', value => {
    expect(toRecordId(value)).toBeUndefined();
  });

  it('refuses a number that JSON may have rounded', () => {
    expect(toRecordId(JSON.parse('1234567890123456789'))).toBeUndefined();
    expect(toRecordId(2 ** 53)).toBeUndefined();
    expect(toRecordId(1e300)).toBeUndefined();
  });
});
