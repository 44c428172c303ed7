import { readdirSync } from 'node:fs';
import { parse } from 'yaml';
import {
  examplePath,
  readBlocks,
  readExample,
} from './__testUtils__/examples/readExamples';
import { answering, RECIPES } from './__testUtils__/recipes/apis';
import { readSource } from './__testUtils__/recipes/readSource';
import { closeServers, startServer } from './sources/__testUtils__/servers';

afterEach(closeServers);

const blocksOf = (heading: string, language: string) =>
  readBlocks({ page: 'recipes.md', heading, language });

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
