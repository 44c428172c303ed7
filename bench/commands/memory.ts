import { describeMachine } from '../measure/machine';
import { verifyCatalog } from '../measure/verifyCatalog';
import type { BenchOptions } from '../readOptions';
import { memoryTargets } from '../report/otherTargets';
import { Results } from '../report/Results';
import type { SubjectName } from '../subjects/names';
import { startSubject, type RunningSubject } from '../subjects/startSubject';
import { withEnvironment, type Environment } from './environment';
import type { Report } from './report';

const SUBJECTS: SubjectName[] = ['module', 'full'];
const PREFIX = 'bench_';

/** So few that reading them leaves no memory taken. */
const FEW = 10;

interface Keys {
  first: Key;
  unchanged: Key;
}

type Key = Parameters<Results['expect']>[0];

const keysOf = (subject: SubjectName, records: number): Keys => ({
  first: { subject, case: 'first', records },
  unchanged: { subject, case: 'unchanged-whole', records },
});

/**
 * The memory of runs, each in a process of its own: what one run leaves behind
 * would be in the figures of the next.
 */
export async function memory(options: BenchOptions): Promise<Report> {
  const { records, rounds, subjects } = options;
  const results = new Results(rounds);
  const measured = SUBJECTS.filter(subject => subjects.includes(subject));
  for (const subject of measured) {
    Object.values(keysOf(subject, records)).forEach(key => results.expect(key));
  }
  return withEnvironment(async environment => {
    for (let round = 0; round < rounds; round += 1) {
      for (const subject of measured) {
        await measureSubject(environment, { subject, records, results });
      }
    }
    const rows = results.rows();
    return {
      machine: describeMachine(environment.postgres.version),
      rows,
      targets: memoryTargets(rows, records),
    };
  });
}

/**
 * Two backends on one database, as replicas are. The first run of a process is
 * one of its own kind, so that of the second one is over while there are but a
 * few records. Then the first one ingests all of them, and the second one finds
 * that nothing changed: its first run over so many.
 */
async function measureSubject(
  { api, postgres }: Environment,
  options: { subject: SubjectName; records: number; results: Results },
): Promise<void> {
  const { subject: name, records, results } = options;
  const { first, unchanged } = keysOf(name, records);
  const start = () =>
    startSubject({ name, postgres, prefix: PREFIX, url: api.url, records });
  const running: RunningSubject[] = [];
  let open = [first, unchanged];
  try {
    await api.prepare({ reset: FEW, validators: false });
    const second = await start();
    running.push(second);
    await second.warmUp();

    const list = await api.prepare({ reset: records, validators: false });
    const measureIn = async (subject: RunningSubject, key: Key) => {
      const measurement = await subject.measure({ collect: true });
      await verifyCatalog(subject.knex, list);
      results.add(key, measurement);
      open = open.filter(one => one !== key);
    };
    running.push(await start());
    await measureIn(running[1], first);
    await measureIn(second, unchanged);
  } catch (error) {
    open.forEach(key => results.fail(key, error));
  } finally {
    await Promise.all(running.map(subject => subject.stop()));
    await postgres.drop(PREFIX);
  }
}
