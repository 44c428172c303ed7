import type { JsonObject } from '@backstage/types';
import { writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { DryRun } from '../../ingestion/dryRun/dryRun';
import { fieldDifferences } from '../../lib/fieldDifferences';
import { counted } from '../../lib/values';
import { readJson } from '../files';
import { print } from '../output';
import { type Call, createPaint, STATUS } from '../terminal';
import { Backend, type BackendOptions, sourcePath } from './client';
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
  const expected = expect && ((await readJson(expect, terminal)) as JsonObject);
  const report: DryRun = await new Backend(call).post(
    `${sourcePath(name)}/dry-run`,
    {
      ...(candidate && (await readCandidate(candidate, name, terminal))),
      ...(data && { data: await readJson(data, terminal) }),
      limit,
    },
  );
  const snapshot = toSnapshot(report);
  if (save) {
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

/**
 * What is compared with what is expected: without the records, which a file in a
 * repository should not have.
 */
function toSnapshot({ records: _, ...report }: DryRun): JsonObject {
  const lists = Object.entries(report).map(([key, value]) => [
    key,
    typeof value === 'object' && 'items' in value ? byEntity(value) : value,
  ]);
  return JSON.parse(JSON.stringify(Object.fromEntries(lists)));
}

/** The items by what they are about, so that a difference says where it is. */
function byEntity({
  totalItems,
  items,
}: {
  totalItems: number;
  items: object[];
}): object {
  const groups: Record<string, object[]> = {};
  for (const item of items as Array<Record<string, string>>) {
    const { entityRef, recordId, owner } = item;
    const key = entityRef ?? owner ?? recordId ?? '';
    groups[key] = [...(groups[key] ?? []), item];
  }
  return { totalItems, items: groups };
}
