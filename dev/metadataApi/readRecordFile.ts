import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { parse } from 'yaml';

const fileSchema = z.array(z.record(z.string(), z.unknown()));

export type FileRecord = z.infer<typeof fileSchema>[number];

/** The list of records in a file; JSON is YAML, so that one parser reads both. */
export async function readRecordFile(path: string): Promise<FileRecord[]> {
  const records = fileSchema.safeParse(parse(await readText(path)));
  if (!records.success) {
    throw new Error(
      `"${path}" is not a list of records: ${z.prettifyError(records.error)}`,
    );
  }
  return records.data;
}

async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    throw new Error(
      `"${path}" cannot be read. Download data/repos.yml of github.com/alphagov/govuk-developer-docs, where GOV.UK publishes it, and name the file in METADATA_FILE`,
      { cause },
    );
  }
}
