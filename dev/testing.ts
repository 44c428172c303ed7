import { ConfigReader } from '@backstage/config';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'yaml';

const VARIABLES: Record<string, string> = {
  METADATA_API_URL: 'http://127.0.0.1:7017',
  METADATA_API_TOKEN: 'metadata-token',
};

/** One of the config files beside this one, its variables filled in as at the start. */
export async function readDevConfig(file: string): Promise<ConfigReader> {
  const text = await readFile(join(__dirname, file), 'utf8');
  const filled = text.replace(
    /\$\{(\w+)(?::-[^}]*)?\}/g,
    (_, name) => VARIABLES[name],
  );
  return new ConfigReader(parse(filled));
}
