import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';

const FILE = resolve(__dirname, '../../../docs/patterns.md');

export interface Row {
  /** What it quotes of the reference. */
  quote: string;
  tests: Array<{ file: string; name: string }>;
}

/** The rows of docs/patterns.md under a heading, such as `commands`. */
export function readRows(heading: string): Row[] {
  const section = readFileSync(FILE, 'utf8')
    .split(/^## /m)
    .find(part => part.toLowerCase().startsWith(`${heading}\n`));
  const rows = (section ?? '').match(/^\|.*\|$/gm) ?? [];
  return rows.slice(2).map(row => {
    const cells = row.split(/(?<!\\)\|/).slice(1, -1);
    const [, code, words = ''] = /`(.*?)`|"(.*?)"/.exec(cells[0]) ?? [];
    return {
      quote: (code ?? words).replaceAll('\\|', '|'),
      tests: testsOf(cells.at(-1)!),
    };
  });
}

/** A test is named after the file that has it; most are in one. */
function testsOf(cell: string): Row['tests'] {
  let file = 'src/module.patterns.test.ts';
  return [...cell.matchAll(/`([^`]+)`|"([^"]+)"/g)].flatMap(
    ([, path, name]) => {
      file = path ?? file;
      return name ? [{ file, name }] : [];
    },
  );
}
