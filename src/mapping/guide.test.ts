import type { JsonObject } from '@backstage/types';
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { parse } from 'yaml';
import { createEntityValidator } from '../validation/createEntityValidator';
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
    const validator = createEntityValidator({
      name: 'guide',
      kinds: ['Component', 'Resource'],
      namespaces: ['default'],
    });

    expect(await validator.validate(entity, 'publisher')).toEqual({
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
