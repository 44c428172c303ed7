import type { Command } from '../lib/options';
import { measureSubjects, withSubject, type Round } from './withSubject';

/** Reading so few records takes no memory that counts. */
const FEW = 10;

/** The most memory that runs take. */
export const memory: Command = {
  defaults: {
    records: 100_000,
    rounds: 3,
    cases: ['first', 'unchanged-whole'],
    subjects: ['module', 'full'],
  },
  async run(options, report) {
    await measureSubjects(options, report, measureMemory);
    const memoryMb = (subject: string, name: string) =>
      report.figure(subject, name, 'memory MB');
    report.atMost(150, 'unchanged-whole: MB over the idle backend', () =>
      memoryMb('module', 'unchanged-whole'),
    );
    report.atMost(
      1.3,
      'first: memory, of full',
      () => memoryMb('module', 'first') / memoryMb('full', 'first'),
    );
  },
};

/**
 * Each case in a process of its own, on one database, as replicas are. A
 * process's first run takes memory of its own, so the replica that later finds
 * nothing changed has its first run over a few records.
 */
async function measureMemory(round: Round): Promise<void> {
  const { api, options, add } = round;
  const how = { collectGarbage: true };
  const few = await api.prepare({ reset: FEW, etag: false });
  await withSubject(round, async measureReplica => {
    await measureReplica(few);
    const list = await api.prepare({ reset: options.records, etag: false });
    await withSubject(round, async measure => {
      add('first', (await measure(list, how)).figures);
      const { figures } = await measureReplica(list, how);
      add('unchanged-whole', figures);
    });
  });
}
