import type { JsonObject, JsonValue } from '@backstage/types';
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { parse } from 'yaml';
import { createEntityValidator } from '../validation/createEntityValidator';
import { compileExpression } from './compileExpression';
import { settingsOf } from '../ingestion/__testUtils__/fakes';
import { createRecordMapper } from './createRecordMapper';

const GUIDE = resolve(__dirname, '../../docs/mapping.md');

const readGuide = () => readFile(GUIDE, 'utf8');

async function readBlocks(language: string): Promise<string[]> {
  const fence = new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\`$`, 'gms');
  return [...(await readGuide()).matchAll(fence)].map(([, text]) => text);
}

async function readExample() {
  const [record, entity] = (await readBlocks('json')).map(
    text => JSON.parse(text) as JsonObject,
  );
  const { id, entity: template } = parse((await readBlocks('yaml'))[0]);
  const mapper = createRecordMapper({ name: 'guide', id, entity: [template] });
  return { record, entity, mapper };
}

const mapperOf = (
  settings: Partial<Parameters<typeof createRecordMapper>[0]>,
) => createRecordMapper({ name: 'guide', id: 'id', entity: [{}], ...settings });

import { findExpressionFaults } from './findExpressionFaults';

describe('the worked example of docs/mapping.md', () => {
  it('gives the entity that it shows', async () => {
    const { record, entity, mapper } = await readExample();
    const outcome = await mapper.map(record, 'publisher');

    expect(await mapper.recordId(record)).toBe('publisher');
    expect(outcome).toMatchObject({ type: 'mapped', entities: [entity] });
  });

  it('is an entity that the catalog accepts', async () => {
    const { entity } = await readExample();
    const validate = createEntityValidator({
      name: 'guide',
      kinds: ['Component', 'Resource'],
      namespaces: ['default'],
      maxEntityBytes: 1_000_000,
    });

    expect(await validate(entity, 'publisher')).toEqual({
      type: 'valid',
      entity,
    });
  });

  it('fails without a team and becomes a Resource for a data set', async () => {
    const { record, mapper } = await readExample();

    expect(await mapper.map({ ...record, team: null }, 'r')).toMatchObject({
      type: 'failed',
    });
    expect(
      await mapper.map({ ...record, type: 'Data sets' }, 'r'),
    ).toMatchObject({ entities: [{ kind: 'Resource' }] });
  });
});

describe('the expressions of docs/mapping.md', () => {
  it.each<[string, JsonObject, JsonValue | undefined]>([
    ['team ? "group:" & team', {}, undefined],
    ['team ? "group:" & team', { team: 'a' }, 'group:a'],
    ['apps.name', { apps: [{ name: 'a' }] }, 'a'],
    ['[apps.name]', { apps: [{ name: 'a' }] }, ['a']],
    ['[apps.name]', { apps: [] }, []],
    ['a.b', {}, undefined],
    ['$exists(app) ? app : repo', { repo: 'r' }, 'r'],
    ['app ?? repo', { repo: 'r' }, 'r'],
    ['`owner-team`', { 'owner-team': 'a' }, 'a'],
    ['teams.$slug()', { teams: 'A B' }, 'a-b'],
    ['$ownerRef($slug(team))', { team: '#search' }, 'group:default/search'],
    [
      '$isoDate(at & "Z")',
      { at: '2025-03-02T10:00' },
      '2025-03-02T10:00:00.000Z',
    ],
    ['$isoDate($number(at))', { at: '0' }, '1970-01-01T00:00:00.000Z'],
    ['archived != true', {}, false],
    ['$not(archived = true)', {}, true],
  ])('%s of %j gives %j', async (text, record, value) => {
    expect(await readGuide()).toContain(text);
    expect(await compileExpression(text).evaluate(record)).toEqual({
      type: 'value',
      value,
    });
  });

  it.each(['group:${{ team }}', '${{ tags }}'])(
    '%s gives what the tables say',
    async field => {
      expect(await readGuide()).toContain(field);
      const valueOf = async (value: JsonValue) => {
        const mapper = mapperOf({ entity: [{ field }] });
        const outcome = await mapper.map({ team: value, tags: value }, 'r');
        return outcome.type === 'mapped'
          ? outcome.entities[0].field
          : outcome.problems[0].code;
      };
      const values = [7, null, ' ', ['a']];
      expect(await Promise.all(values.map(valueOf))).toEqual(
        field === '${{ tags }}'
          ? [7, undefined, ' ', ['a']]
          : [
              'group:7',
              'expression-empty',
              'expression-empty',
              'expression-failed',
            ],
      );
    },
  );

  it.each(['02/03/2025', '2025-03-02T10:00', '1740909600'])(
    'a time cannot be %j',
    async at => {
      expect(await compileExpression('$isoDate(at)').evaluate({ at })).toEqual(
        expect.objectContaining({ type: 'failed' }),
      );
    },
  );
});

describe('the functions of docs/mapping.md', () => {
  it('give the results in the table of examples', async () => {
    const guide = await readGuide();
    const rows = [...guide.matchAll(/^\| `(\$.+?)` +\| `(.+?)` +\|$/gm)];
    expect(rows.length).toBeGreaterThan(10);

    for (const [, text, shown] of rows) {
      const evaluation = await compileExpression(text).evaluate({});
      expect([text, evaluation]).toEqual([
        text,
        { type: 'value', value: shown === 'false' ? false : shown },
      ]);
    }
  });

  it('find the owner in a table, or give the default', async () => {
    const { tables, entity } = parse((await readBlocks('yaml'))[1]);
    const mapper = mapperOf({ entity: [entity], tables });
    const ownerOf = async (team: string) => {
      const outcome = await mapper.map({ team }, 'r');
      return outcome.type === 'mapped' && outcome.entities[0].spec;
    };

    expect(await ownerOf('#platform')).toEqual({
      owner: 'group:default/platform-team',
    });
    expect(await ownerOf('#none')).toEqual({ owner: 'group:default/platform' });
  });
});

describe('owners of docs/mapping.md', () => {
  it.each([
    ['group:platform-team', 'group:default/platform'],
    ['Web Shop', 'group:default/shop'],
  ])('replace %s', async (owner, expected) => {
    const { owners } = parse((await readBlocks('yaml'))[2]);
    const entity = [{ spec: { owner: '${{ owner }}' } }];
    expect(
      await mapperOf({ entity, owners }).map({ owner }, 'r'),
    ).toMatchObject({ entities: [{ spec: { owner: expected } }] });
  });
});

describe('when of docs/mapping.md', () => {
  it.each([
    [{ lifecycle: 'production', team: 'a' }, 1],
    [{ lifecycle: 'archived', team: 'a' }, 0],
    [{ lifecycle: 'production' }, 0],
    [{ team: 'a' }, 0],
  ])('maps %j to %j entities', async (record, count) => {
    const { when } = parse((await readBlocks('yaml'))[3]);
    expect(await mapperOf({ when }).map(record, 'r')).toMatchObject({
      type: 'mapped',
      entities: { length: count },
    });
  });
});

describe('records of docs/mapping.md', () => {
  const services = [{ id: 1, active: true }, { id: 2 }];

  it.each<[string, JsonObject, JsonValue[]]>([
    ['data.services', { data: { services } }, services],
    ['services', { services: [] }, []],
    ['pages.items', { pages: [{ items: [1] }, { items: [2] }] }, [1, 2]],
    ['edges.node', { edges: [{ node: 1 }, { node: null }] }, [1, null]],
    [
      'teams.services.$merge([$, { "team": %.slug }])',
      {
        teams: [
          { slug: 'a', services: [{ id: 1 }, { id: 2 }] },
          { slug: 'b', services: [{ id: 3 }] },
        ],
      },
      [
        { id: 1, team: 'a' },
        { id: 2, team: 'a' },
        { id: 3, team: 'b' },
      ],
    ],
    ['[service]', { service: { id: 1 } }, [{ id: 1 }]],
    ['services[active]', { services }, [services[0]]],
    ['services[active]', { services: [] }, []],
    ['[services[active]]', { services: [{ id: 2 }] }, []],
    ['services = null ? [] : services', { services: null }, []],
    ['services = null ? [] : services', { services }, services],
    [
      'groups[$exists(services)].services',
      { groups: [{ services }, {}, { services: [{ id: 3 }] }] },
      [...services, { id: 3 }],
    ],
  ])('%s of %j is %j', async (records, answer, list) => {
    expect(await readGuide()).toContain(records);
    expect(await mapperOf({ records }).selectRecords(answer)).toEqual(list);
  });

  it.each<[string, JsonObject]>([
    ['services', { applications: [] }],
    ['pages.items', { pages: [{ items: [1] }, {}] }],
    ['services[active]', { services: [{ id: 2 }] }],
    ['[services[active]]', { applications: [] }],
  ])('%s of %j fails the run', async (records, answer) => {
    await expect(mapperOf({ records }).selectRecords(answer)).rejects.toThrow(
      expect.objectContaining({ code: 'shape' }),
    );
  });
});

describe('the messages of docs/mapping.md', () => {
  it('are those of the module', async () => {
    const guide = await readGuide();
    const settings = settingsOf({
      id: '$slg(code)',
      entity: [{ metadata: { name: '${{ a + }}' } }],
    });
    expect(
      findExpressionFaults(settings).map(
        ({ setting, reason }) => `${setting}: ${reason}`,
      ),
    ).toEqual([...guide.matchAll(/^> - (.*)$/gm)].map(([, line]) => line));
    const mapper = createRecordMapper({
      name: 'registry',
      id: 'id',
      entity: [{ metadata: { name: '${{ $number(tier) }}' } }],
    });
    expect(await mapper.map({ tier: 'gold' }, 'r1')).toMatchObject({
      problems: [
        {
          message: /^> (Record .*)$/m.exec(guide)?.[1],
          value: /^> value: `(.*)`$/m.exec(guide)?.[1],
        },
      ],
    });
  });
});
