import type { JsonObject } from '@backstage/types';
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { parse } from 'yaml';
import { createEntityValidator } from '../validation/createEntityValidator';
import { compileExpression } from './compileExpression';
import { createRecordMapper } from './createRecordMapper';

const GUIDE = resolve(__dirname, '../../docs/mapping.md');

async function readBlocks(language: string): Promise<string[]> {
  const fence = new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\`$`, 'gms');
  const guide = await readFile(GUIDE, 'utf8');
  return [...guide.matchAll(fence)].map(([, text]) => text);
}

async function readExample() {
  const [record, entity] = (await readBlocks('json')).map(
    text => JSON.parse(text) as JsonObject,
  );
  const { id, entity: template } = parse((await readBlocks('yaml'))[0]);
  const mapper = createRecordMapper({ name: 'guide', id, entity: [template] });
  return { record, entity, mapper };
}

describe('the worked example of docs/mapping.md', () => {
  it('gives the entity that it shows', async () => {
    const { record, entity, mapper } = await readExample();
    const outcome = await mapper.map(record, 'publisher');

    expect(await mapper.recordId(record)).toBe('publisher');
    expect(outcome).toEqual({ type: 'mapped', entities: [entity] });
  });

  it('is an entity that the catalog takes', async () => {
    const { entity } = await readExample();
    const validate = createEntityValidator({
      name: 'guide',
      kinds: ['Component', 'Resource'],
      namespaces: ['default'],
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

describe('the functions of docs/mapping.md', () => {
  it('give what the table of examples says', async () => {
    const guide = await readFile(GUIDE, 'utf8');
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

  it('find the owner in a table, or the one for all others', async () => {
    const { tables, entity } = parse((await readBlocks('yaml'))[1]);
    const mapper = createRecordMapper({
      name: 'guide',
      id: 'app',
      entity: [entity],
      tables,
    });
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
