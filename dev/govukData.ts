import type { JsonObject } from '@backstage/types';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { readDevConfig } from './testing';

/** Not part of this repository. */
const FILE = resolve(__dirname, '../../shared/data/govuk-repos.json');

/** Tests that need GOV.UK's registry; skipped, and named so, without its file. */
export function whereGovukIs(name: string, tests: () => void): void {
  const run = existsSync(FILE) ? describe : describe.skip;
  run(`${name} (${FILE})`, tests);
}

export async function readGovuk(): Promise<JsonObject[]> {
  return JSON.parse(await readFile(FILE, 'utf8'));
}

/** The source that `npm run start:govuk` has. */
export async function govukSource(): Promise<JsonObject> {
  const config = await readDevConfig('app-config.govuk.yaml');
  return config.get<JsonObject>('catalog.customData.sources.govuk');
}
