import { InputError } from '@backstage/errors';
import type { JsonObject } from '@backstage/types';
import { writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Listed } from '../../ingestion/dryRun/compareEntities';
import type { DryRun } from '../../ingestion/dryRun/dryRun';
import { fieldDifferences } from '../../lib/fieldDifferences';
import { counted, isObject } from '../../lib/values';
import { readJson } from '../files';
import { print } from '../output';
import { type Call, createPaint, STATUS, type Terminal } from '../terminal';
import { Backend, type BackendOptions, MAX_PAGE, sourcePath } from './client';
import { describeDifference, describeDryRun } from './describeDryRun';
import { readCandidate } from './readCandidate';

interface DryRunOptions extends BackendOptions {
  candidate?: string;
  data?: string;
  limit: number;
  save?: string;
  expect?: string;
}

/** `dry-run`: what the next run of a source would do. */
export async function dryRun(call: Call<DryRunOptions>): Promise<number> {
  const { args, options, terminal } = call;
  const [name] = args;
  const { candidate, data, limit, save, expect } = options;
  const { cwd, stdout, stderr } = terminal;
  const isCompared = save !== undefined || expect !== undefined;
  const expected =
    expect === undefined ? undefined : await readExpected(expect, terminal);
  const report: DryRun = await new Backend(call).post(
    `${sourcePath(name)}/dry-run`,
    {
      ...(candidate !== undefined &&
        (await readCandidate(candidate, name, terminal))),
      ...(data !== undefined && { data: await readJson(data, terminal) }),
      limit: isCompared ? MAX_PAGE : limit,
    },
  );
  const snapshot = toSnapshot(report);
  if (isCompared) {
    assertWhole(report);
  }
  if (save !== undefined) {
    writeFileSync(resolve(cwd, save), `${JSON.stringify(snapshot, null, 2)}\n`);
  }
  print(call, report, () =>
    describeDryRun(report, createPaint(stdout, terminal)),
  );
  const differences = expected ? fieldDifferences(expected, snapshot) : [];
  if (differences.length > 0) {
    const count = counted(differences.length, 'difference');
    stderr.write(
      `This is not what "${expect}" expects (${count}; expected, then found):\n${differences
        .map(difference => `${describeDifference(difference)}\n`)
        .join('')}If it is right, write the file anew with --save.\n`,
    );
  }
  const hasErrors =
    report.counts.invalid > 0 ||
    report.problems.items.some(({ severity }) => severity === 'error');
  return hasErrors || differences.length > 0 ? STATUS.PROBLEMS : STATUS.OK;
}

async function readExpected(
  file: string,
  terminal: Terminal,
): Promise<JsonObject> {
  const expected = await readJson(file, terminal);
  if (!isObject(expected)) {
    throw new InputError(
      `"${file}" is no object, as --save writes it; write the file anew`,
    );
  }
  return expected;
}

/** What is missing in a list could change without a difference. */
function assertWhole({ records: _, ...report }: DryRun): void {
  for (const [name, list] of Object.entries(report)) {
    if (isList(list) && list.totalItems > list.items.length) {
      throw new InputError(
        `"${name}" has ${list.totalItems} items, of which ${list.items.length} came, so --save and --expect would miss some; give a smaller list with --data, or a token that may read all entities`,
      );
    }
  }
}

function isList(value: unknown): value is Listed<object> {
  return isObject(value) && 'items' in value;
}

/**
 * What is compared with what is expected: without the records, which a file in a
 * repository should not have.
 */
function toSnapshot({ records: _, ...report }: DryRun): JsonObject {
  const lists = Object.entries(report).map(([key, value]) => [
    key,
    isList(value) ? byEntity(value) : value,
  ]);
  return JSON.parse(JSON.stringify(Object.fromEntries(lists)));
}

/** The items by what they are about, so that a difference says where it is. */
function byEntity({ totalItems, items }: Listed<object>): object {
  const groups: Record<string, object[]> = {};
  for (const item of items as Array<Record<string, string>>) {
    const { entityRef, recordId, owner } = item;
    const key = entityRef ?? owner ?? recordId ?? '';
    groups[key] = [...(groups[key] ?? []), item];
  }
  return { totalItems, items: groups };
}
