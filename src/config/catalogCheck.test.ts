import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { parse } from 'yaml';
import { keysOfSchema } from './__testUtils__/configKeys';
import { catalogCheck, FINDINGS } from './catalogCheck';

const PAGE = readFileSync(resolve(__dirname, '../../docs/validate.md'), 'utf8');

/** The first cells of each row that begins with code. */
const ROWS = PAGE.split('\n')
  .filter(line => line.startsWith('| `'))
  .map(line => line.split('|').map(cell => cell.trim().replaceAll('`', '')));

describe('docs/validate.md', () => {
  it('names each code with its severity and its meaning', () => {
    const documented = ROWS.filter(([, , severity]) =>
      ['error', 'warning'].includes(severity),
    ).map(([, code, severity, text]) => [code, severity, text.split(';')[0]]);
    expect(documented).toEqual(
      Object.entries(FINDINGS).map(([code, { severity, meaning }]) => [
        code,
        severity,
        meaning.replaceAll('"', '').split(';')[0],
      ]),
    );
  });

  it('names each key of .catalog-check.yaml', () => {
    const leaves = [...keysOfSchema(catalogCheck).keys()].filter(
      (path, _, paths) => !paths.some(other => other.startsWith(`${path}.`)),
    );
    const documented = ROWS.map(([, key]) => key)
      .filter(key => key.includes('.<'))
      .map(key => key.replace(/<\w+>/, '*'));
    expect(documented).toEqual([
      ...new Set(
        leaves.map(path =>
          path.replace(/^(severities|schemas)(\..*)?$/, '$1.*'),
        ),
      ),
    ]);
  });

  it('shows rules that can be used, each key of them', () => {
    const [, example] = /## Rules[^]*?```yaml\n([^]*?)```/.exec(PAGE)!;
    const rules = catalogCheck.parse(parse(example));
    expect(Object.keys(parse(example))).toEqual(
      Object.keys(catalogCheck.shape),
    );
    expect(rules.severities['field-misspelt']).toBe('off');
  });
});
