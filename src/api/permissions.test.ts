import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { customDataPermissions } from './permissions';

const DOCS = resolve(__dirname, '../../docs');

describe('customDataPermissions', () => {
  it.each(['security.md', 'http-api.md'])(
    'are each described in docs/%s, and no other is',
    page => {
      const text = readFileSync(`${DOCS}/${page}`, 'utf8');
      // In a row of a table: what its holder can do.
      const rows = text.split('\n').filter(line => line.startsWith('| `'));
      const described = rows.flatMap(
        row => row.split(' | ')[0].match(/customData\.\w+\.\w+/g) ?? [],
      );
      expect([...new Set(described)].sort()).toEqual(
        customDataPermissions.map(({ name }) => name).sort(),
      );
    },
  );
});
