import { createMockDirectory } from '@backstage/backend-test-utils';
import { relative } from 'node:path';
import { readSchemaFile } from './readSchemaFile';

describe('readSchemaFile', () => {
  const directory = createMockDirectory();
  const read = (content: string) => {
    directory.setContent({ 'schema.json': content });
    return readSchemaFile({
      source: 'registry',
      path: directory.resolve('schema.json'),
    });
  };

  it('reads a schema, with or without a byte order mark, by any path', () => {
    expect(read('\uFEFF{ "type": "object" }')).toEqual({ type: 'object' });
    expect(
      readSchemaFile({
        source: 'registry',
        path: relative(process.cwd(), directory.resolve('schema.json')),
      }),
    ).toEqual({ type: 'object' });
  });

  it('says by key and path which file is not JSON, with the message of the parser', () => {
    expect(() => read('{\n  "type": object\n}')).toThrow(
      `catalog.customData.sources.registry.schema, the file "${directory.resolve(
        'schema.json',
      )}", is not valid JSON; caused by SyntaxError: Unexpected token 'o'`,
    );
    expect(() => read('')).toThrow('is not valid JSON');
  });

  it.each(['[]', 'null', '"x"'])('refuses %s', content => {
    expect(() => read(content)).toThrow('holds no object');
  });

  it('says which file is not there, and keeps why', () => {
    expect(() =>
      readSchemaFile({ source: 'registry', path: '/nowhere/schema.json' }),
    ).toThrow(/"\/nowhere\/schema.json", cannot be read.*ENOENT/);
  });
});
