import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { ConfigReader } from '@backstage/config';
import { parseAllDocuments } from 'yaml';
import { missingTools } from '../src/__testUtils__/examples/runShell';
import { readCustomDataSettings } from '../src/config/settings';

const hasBash = missingTools(['bash']).length === 0;

const ROOT = resolve(__dirname, '..');
const pagesIn = (directory: string) =>
  readdirSync(join(ROOT, directory))
    .filter(file => file.endsWith('.md'))
    .map(file => join(directory, file));
const pages = [...pagesIn('.'), ...pagesIn('docs')];
const textOf = (page: string) => readFileSync(join(ROOT, page), 'utf8');

const FENCE = /^```(\w*)\n(.*?)^```$/gms;

/** The fenced blocks of a language in all documents, with the place of each. */
function blocksOf(language: string): Array<[place: string, block: string]> {
  return pages.flatMap(page =>
    [...textOf(page).matchAll(FENCE)]
      .filter(([, found]) => found === language)
      .map(({ index, 2: block }): [string, string] => [
        `${page}:${textOf(page).slice(0, index).split('\n').length}`,
        block,
      ]),
  );
}

/** As GitHub names the headings of a page. */
function anchorsOf(page: string): Set<string> {
  const headings = textOf(page)
    .replace(FENCE, '')
    .matchAll(/^#+ (.*)$/gm);
  return new Set(
    [...headings].map(([, heading]) =>
      heading
        .toLowerCase()
        .replace(/[^\p{L}\p{N}_ -]/gu, '')
        .replaceAll(' ', '-'),
    ),
  );
}

describe('the documents', () => {
  it.each(pages)('%s leads only to what is there', page => {
    const links = textOf(page)
      .replace(FENCE, '')
      .matchAll(/\]\(([^)\s]+)\)/g);
    const dead = [...links]
      .map(([, link]) => link)
      .filter(link => !/^(https?|mailto):/.test(link))
      .filter(link => {
        const [path, anchor] = link.split('#');
        const target = path
          ? relative(ROOT, resolve(ROOT, dirname(page), path))
          : page;
        return (
          !existsSync(join(ROOT, target)) ||
          (anchor && target.endsWith('.md') && !anchorsOf(target).has(anchor))
        );
      });
    expect(dead).toEqual([]);
  });

  it.each(blocksOf('json'))('have JSON at %s', (_, block) => {
    expect(() => JSON.parse(block)).not.toThrow();
  });

  (hasBash ? describe : describe.skip)('in bash', () => {
    it.each(blocksOf('sh'))(
      'have commands at %s that a shell reads',
      (_, block) => {
        expect(() =>
          execFileSync('bash', ['-n'], { input: block, stdio: 'pipe' }),
        ).not.toThrow();
      },
    );
  });

  it.each(blocksOf('yaml'))(
    'have YAML at %s that the module takes',
    (_, block) => {
      const documents = parseAllDocuments(block, { logLevel: 'error' });
      expect(documents.flatMap(({ errors }) => errors)).toEqual([]);
      const settings = documents
        .map(document => document.toJS()?.catalog?.customData)
        .filter(Boolean)
        .map(customData =>
          readCustomDataSettings(
            new ConfigReader({
              catalog: {
                customData: JSON.parse(
                  JSON.stringify(customData).replace(
                    /\$\{\w+\}/g,
                    // A text and base64 at once: a secret of either kind.
                    'YS1zZWNyZXQtb2YtMzItY2hhcmFjdGVycy1vci1zbyE=',
                  ),
                ),
              },
            }),
          ),
        );
      for (const { faults, ...read } of settings as any[]) {
        expect(faults).toEqual([]);
        expect(read.misconfiguredSources).toEqual([]);
        expect(read.misconfiguredSenders).toEqual([]);
      }
    },
  );
});
