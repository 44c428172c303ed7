import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'yaml';
import {
  examplePath,
  readBlocks,
  readExample,
  readSection,
} from './__testUtils__/examples/readExamples';
import { answering } from './__testUtils__/recipes/apis';
import { RECIPES } from './__testUtils__/recipes/recipes';
import { readSource } from './__testUtils__/recipes/readSource';
import { createRecordSelector } from './mapping/selectRecords';
import { closeServers, startServer } from './sources/__testUtils__/servers';

afterEach(closeServers);

const blocksOf = (heading: string, language: string) =>
  readBlocks({ page: 'recipes.md', heading, language });

const textOf = (heading: string) =>
  readSection({ page: 'recipes.md', heading });

/** What the page shows of a recipe. */
function documented(heading: string) {
  const [block, entity] = blocksOf(heading, 'yaml');
  const [answer, record] = blocksOf(heading, 'json');
  return {
    block,
    entity: parse(entity),
    answer: JSON.parse(answer),
    record: record === undefined ? undefined : JSON.parse(record),
  };
}

describe.each(RECIPES)('the recipe $heading', recipe => {
  const { heading, file, api } = recipe;
  const shown = documented(heading);

  /** Each variable has its name for a value. */
  async function read() {
    const { asked, listener } = answering(api, shown.answer);
    const server = await startServer(listener);
    const result = await readSource({
      file: examplePath(`sources/${file}.yaml`),
      variable: name => name,
      origin: server.origin,
    });
    return { ...result, asked, server };
  }

  it('shows its file', () => {
    expect(shown.block).toBe(readExample(`sources/${file}.yaml`));
  });

  it('gives the entity that it shows, and reads the list to its end', async () => {
    const { answer, outcomes } = await read();

    expect(outcomes[0]).toEqual({
      type: 'valid',
      entities: [shown.entity],
      problems: [],
    });
    expect(outcomes.length).toBeGreaterThan(1);
    expect(outcomes.map(({ type }) => type)).not.toContain('invalid');
    expect(answer).not.toHaveProperty('incomplete');
  });

  it('makes the first record of the answer that it shows', async () => {
    const { records } = await read();
    expect(JSON.stringify(shown.record ?? shown.answer)).toContain(
      JSON.stringify(records[0]),
    );
  });

  it('asks for what the API knows', async () => {
    const { server, asked } = await read();

    expect(
      server.requests.map(({ method, url }, index) =>
        [method, url, url.endsWith('/token') && asked[index].body]
          .filter(Boolean)
          .join(' '),
      ),
    ).toEqual(recipe.requests);
    const pages = server.requests.filter(({ url }) => !url.endsWith('/token'));
    for (const { headers } of pages) {
      expect(headers).toMatchObject(recipe.headers);
    }
  });
});

it('each file of examples/sources is a recipe', () => {
  const files = [...RECIPES.map(({ file }) => file), 'private-authority'];
  expect(readdirSync(examplePath('sources')).sort()).toEqual(
    files.map(file => `${file}.yaml`).sort(),
  );
});

it('the links of ServiceNow lead to the same entities', async () => {
  const { heading, file, api } = RECIPES[0];
  const { answer, block, entity } = documented(heading);
  const [, links] = /`(pagination: \{ type: link.*?\})`/.exec(textOf(heading))!;
  const directory = mkdtempSync(join(tmpdir(), 'recipes-'));
  const path = join(directory, `${file}.yaml`);
  writeFileSync(path, block.replace(/pagination:\n( {10}.*\n)+/, `${links}\n`));
  const { listener } = answering(api, answer);
  const { origin, requests } = await startServer(listener);

  const read = await readSource({ file: path, variable: name => name, origin });
  rmSync(directory, { recursive: true });

  expect(read.outcomes[0]).toMatchObject({ entities: [entity] });
  expect(read.answer).not.toHaveProperty('incomplete');
  expect(requests.map(({ url }) => /offset=\d+/.exec(url)?.[0])).toEqual([
    undefined,
    'offset=1',
  ]);
});

describe('what the recipes say of their lists', () => {
  /** `records` of a block, or another expression. */
  function recordsOf(file: string, change = (text: string) => text) {
    const { sources } = parse(readExample(`sources/${file}.yaml`)).catalog
      .customData;
    const [{ records }] = Object.values<{ records: string }>(sources);
    const settings = { name: file, records: change(records) };
    return createRecordSelector(settings).selectRecords;
  }
  const team = (slug: string, ...keys: string[]) => ({
    slug,
    services: keys.map(key => ({ key })),
  });

  it('teams without the key are skipped, unless all lack it', async () => {
    const select = recordsOf('nested-teams');

    await expect(
      select([team('a', 'x'), { slug: 'b' }, team('c')]),
    ).resolves.toEqual([{ key: 'x', team: 'a' }]);
    await expect(select([{ slug: 'a' }, { slug: 'b' }])).rejects.toThrow(
      'has no "services"',
    );
  });

  it('without "$." the parent of a service is the list of all teams', async () => {
    const select = recordsOf('nested-teams', text => text.replace('$.', ''));

    await expect(select([team('a', 'x'), team('b')])).resolves.toMatchObject([
      { key: 'x', team: ['a', 'b'] },
    ]);
  });

  it('a sheet may have one row, and fails with none', async () => {
    const select = recordsOf('spreadsheet');

    await expect(select({ values: [['Service'], ['a']] })).resolves.toEqual([
      { Service: 'a' },
    ]);
    await expect(select({ values: [['Service']] })).rejects.toThrow(
      'gives nothing',
    );
  });
});
