import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';

const ROOT = resolve(__dirname, '../../../..');

/** JSON of a file under the root of the repository. */
export const readJsonFile = (path: string): any =>
  JSON.parse(readFileSync(resolve(ROOT, path), 'utf8'));

/** A payload of `src/webhooks/__fixtures__`, as the maker of the tool documents it. */
export const fixture = (name: string) =>
  readJsonFile(`src/webhooks/__fixtures__/${name}.json`);

/** Not part of this repository. */
const CDEVENTS = resolve(ROOT, '../shared/data/cdevents');

/** Tests that need documents of CDEvents; skipped, and named so, without them. */
export function whereCdeventsAre(name: string, tests: () => void): void {
  const run = existsSync(CDEVENTS) ? describe : describe.skip;
  run(`${name} (${CDEVENTS})`, tests);
}

/** A conformance document of the CDEvents specification; an empty one where they are missing. */
export const cdevent = (name: 'deployed' | 'published') =>
  existsSync(CDEVENTS)
    ? readJsonFile(`${CDEVENTS}/service_${name}.json`)
    : { context: {}, subject: {} };

/** GitHub's examples of an event, of each of its products. */
export function githubExamples(event: string): any[] {
  const path = 'node_modules/@octokit/webhooks-examples';
  return ['api.github.com', 'ghes-35', 'ghes-34'].flatMap(
    product =>
      readJsonFile(`${path}/${product}/index.json`).find(
        ({ name }: { name: string }) => name === event,
      )?.examples ?? [],
  );
}
