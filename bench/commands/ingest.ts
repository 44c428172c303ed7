import { NEXT_LIST, type CaseName } from '../cases';
import { describeMachine } from '../measure/machine';
import { verifyCatalog } from '../measure/verifyCatalog';
import type { BenchOptions } from '../readOptions';
import { ingestTargets } from '../report/ingestTargets';
import { Results } from '../report/Results';
import type { SubjectName } from '../subjects/names';
import {
  startSubject,
  type Measurement,
  type RunningSubject,
} from '../subjects/startSubject';
import { withEnvironment, type Environment } from './environment';
import type { Report } from './report';
import { rotate } from './rotate';

const PREFIX = 'bench_';

/** A backend that has run for a while is what cases beyond the first are about. */
const WARM_UPS: CaseName[] = [
  'changed-1',
  'changed-10',
  'unchanged',
  'changed-1',
  'unchanged',
  'changed-1',
  'unchanged',
];

/**
 * Each subject in each round: a fresh process and fresh databases, all cases
 * one after the other. Rounds begin with another subject each, so that none
 * always has the machine first.
 */
export async function ingest(options: BenchOptions): Promise<Report> {
  const { records, rounds, subjects } = options;
  const results = new Results(rounds);
  for (const name of options.cases) {
    subjects
      .filter(subject => has(subject, name))
      .forEach(subject => results.expect({ subject, case: name, records }));
  }
  return withEnvironment(async environment => {
    for (let round = 0; round < rounds; round += 1) {
      for (const subject of rotate(subjects, round)) {
        await measureSubject(environment, { ...options, subject, results });
      }
    }
    const rows = results.rows();
    return {
      machine: describeMachine(environment.postgres.version),
      rows,
      targets: ingestTargets(rows, records),
    };
  });
}

interface SubjectRound extends BenchOptions {
  subject: SubjectName;
  results: Results;
}

async function measureSubject(
  { api, postgres }: Environment,
  options: SubjectRound,
): Promise<void> {
  const { subject: name, records, results } = options;
  const cases = options.cases.filter(one => has(name, one));
  if (cases.length === 0) {
    return;
  }
  const open = new Set(cases);
  let subject: RunningSubject | undefined;
  try {
    await api.prepare({ reset: records, ...NEXT_LIST.first });
    const { url } = api;
    subject = await startSubject({
      name,
      postgres,
      prefix: PREFIX,
      url,
      records,
    });
    for (const step of steps(cases)) {
      const list = await api.prepare(NEXT_LIST[step.case]);
      if (step.measured) {
        const measurement = await subject.measure();
        await verifyCatalog(subject.knex, list);
        assertCase(name, step.case, measurement);
        results.add({ subject: name, case: step.case, records }, measurement);
        open.delete(step.case);
      } else {
        await subject.warmUp();
        await verifyCatalog(subject.knex, list);
      }
    }
  } catch (error) {
    open.forEach(one =>
      results.fail({ subject: name, case: one, records }, error),
    );
  } finally {
    await subject?.stop();
    await postgres.drop(PREFIX);
  }
}

/** Whatever is measured, the first ingestion comes first, and after it what nobody measures. */
function steps(
  cases: CaseName[],
): Array<{ case: CaseName; measured: boolean }> {
  const later = cases.filter(one => one !== 'first');
  const warmUps = later.length > 0 ? WARM_UPS : [];
  return [
    { case: 'first', measured: cases.includes('first') },
    ...warmUps.map(one => ({ case: one, measured: false })),
    ...later.map(one => ({ case: one, measured: true })),
  ];
}

/** A case that is about a 304 has to have had one; only this module asks for it. */
function assertCase(
  subject: SubjectName,
  name: CaseName,
  { notModified }: Measurement,
): void {
  if (notModified !== (subject === 'module' && name === 'unchanged')) {
    throw new Error(
      `The list was ${notModified ? '' : 'not '}answered with 304 in "${name}"`,
    );
  }
}

/** The bare provider says what a first ingestion cannot do without, and nothing of other cases. */
function has(subject: SubjectName, name: CaseName): boolean {
  return subject !== 'bare' || name === 'first';
}
