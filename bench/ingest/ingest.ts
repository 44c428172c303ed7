import type { Command } from '../lib/options';
import type { AddFigures, Report } from '../lib/report';
import type { NextList } from './api';
import { measureSubjects, withSubject, type Round } from './withSubject';

/** How the list of each case differs from the one before. The last one leaves no ETag behind. */
const LISTS: Record<string, NextList> = {
  first: { etag: true },
  unchanged: { etag: true },
  'changed-0.1': { changed: 0.001, etag: true },
  'changed-1': { changed: 0.01, etag: true },
  'changed-10': { changed: 0.1, etag: true },
  'removed-1': { removed: 0.01, etag: true },
  'unchanged-whole': { etag: false },
};

/** Cases after the first are about a backend that has run for a while. */
const WARM_UPS = [
  'changed-1',
  'changed-10',
  'unchanged',
  'changed-1',
  'unchanged',
  'changed-1',
  'unchanged',
];

/** How entities get into the catalog, beside what people would use instead. */
export const ingest: Command = {
  defaults: {
    records: 10_000,
    rounds: 5,
    cases: Object.keys(LISTS),
    subjects: ['module', 'full', 'incremental'],
  },
  async run(options, report) {
    await measureSubjects(options, report, measureCases);
    addTargets(report);
  },
};

/** All cases one after the other, in one process. */
async function measureCases(round: Round): Promise<void> {
  const { subject, api, options, add } = round;
  const discard = () => {};
  const first = options.cases.filter(name => name === 'first');
  const later = options.cases.filter(name => name !== 'first');
  await api.prepare({ reset: options.records, etag: true });
  await withSubject(round, async measure => {
    const runAll = async (cases: string[], then: AddFigures) => {
      for (const name of cases) {
        const list = await api.prepare(LISTS[name]);
        const { figures, notModified } = await measure(list);
        // Only this module asks for a 304.
        if (notModified !== (subject === 'module' && name === 'unchanged')) {
          throw new Error(`"${name}" had ${notModified ? 'a' : 'no'} 304`);
        }
        then(name, figures);
      }
    };
    await runAll(['first'], first.length > 0 ? add : discard);
    await runAll(later.length > 0 ? WARM_UPS : [], discard);
    await runAll(later, add);
  });
}

function addTargets(report: Report): void {
  const own = (name: string, figure: string) =>
    report.figure('module', name, figure);
  const ofFull = (name: string, figure: string) =>
    own(name, figure) / report.figure('full', name, figure);
  const ofFaster = (name: string) =>
    own(name, 'ingest ms') /
    Math.min(
      report.figure('full', name, 'ingest ms'),
      report.figure('incremental', name, 'ingest ms'),
    );

  report.atMost(0, 'unchanged: calls of applyMutation', () =>
    own('unchanged', 'mutations'),
  );
  report.atMost(0, 'unchanged: rows beside the run and the lease', () =>
    own('unchanged', 'unexpected rows'),
  );
  report.atMost(0.05, 'unchanged: CPU time, of full', () =>
    ofFull('unchanged', 'CPU ms'),
  );
  report.atMost(0, 'unchanged-whole: calls of applyMutation', () =>
    own('unchanged-whole', 'mutations'),
  );
  report.atMost(0, 'unchanged-whole: rows of the catalog', () =>
    own('unchanged-whole', 'catalog rows'),
  );
  const FASTER: Array<[string, number]> = [
    ['changed-0.1', 0.6],
    ['changed-1', 0.6],
    ['changed-10', 1],
  ];
  for (const [name, limit] of FASTER) {
    report.atMost(limit, `${name}: ingest time, of the faster peer`, () =>
      ofFaster(name),
    );
  }
  report.atMost(1.4, 'first: time of the run, of full', () =>
    ofFull('first', 'run ms'),
  );
  report.atMost(2.2, 'first: CPU time, of full', () =>
    ofFull('first', 'CPU ms'),
  );
}
