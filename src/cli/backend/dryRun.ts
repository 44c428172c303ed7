import { writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { JsonObject } from '@backstage/types';
import type { DryRun } from '../../ingestion/dryRun/dryRun';
import { fieldDifferences } from '../../lib/fieldDifferences';
import { counted } from '../../lib/values';
import { type Call, createPaint, STATUS } from '../terminal';
import { type BackendOptions, Backend, segment } from './client';
import { describeDifference, describeDryRun } from './describeDryRun';
import { printJson } from './output';
import { readCandidateFile, readJsonFile } from './readCandidateFile';

interface DryRunOptions extends BackendOptions {
  candidate?: string;
  data?: string;
  limit: number;
  json?: boolean;
  save?: string;
  expect?: string;
}

/** `dry-run`: what the next run of a source would do. */
export async function run(call: Call<DryRunOptions>): Promise<number> {
  const { args, options, terminal } = call;
  const [name] = args;
  const { candidate, data, limit, json, save, expect } = options;
  const { cwd, stdout } = terminal;
  const expected = expect && (readJsonFile(expect, cwd) as JsonObject);
  const path = `/sources/${segment(name, 'source')}/dry-run`;
  const report: DryRun = await new Backend(call).post(path, {
    ...(candidate && (await readCandidateFile(candidate, name, terminal))),
    ...(data && { data: readJsonFile(data, cwd) }),
    limit,
  });
  const snapshot = toSnapshot(report);
  if (save) {
    writeFileSync(resolve(cwd, save), `${JSON.stringify(snapshot, null, 2)}\n`);
  }
  const paint = createPaint(stdout, terminal);
  if (json) {
    printJson(terminal, report);
  } else {
    stdout.write(`${describeDryRun(report, paint).join('\n')}\n`);
  }
  const hasErrors =
    report.counts.invalid > 0 ||
    report.problems.items.some(({ severity }) => severity === 'error');
  const differences = expected ? fieldDifferences(expected, snapshot) : [];
  if (differences.length > 0) {
    terminal.stderr.write(
      `${[
        `This is not what "${expect}" expects (${counted(
          differences.length,
          'difference',
        )}; expected, then found):`,
        ...differences.map(difference => describeDifference(difference)),
        'If it is right, write the file anew with --save.',
      ].join('\n')}\n`,
    );
  }
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
