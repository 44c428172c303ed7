import { memoryMb, watchPeakMemory } from './peakMemory';
import { watchRun } from './watchRun';

/** What one run took, in the process that did it. */
export interface RunMeasurement {
  /** From the first byte of the answer to the end of the last mutation, or of the run where there was none. */
  ingestMs: number;
  /** The whole run. */
  runMs: number;
  /** CPU time of the whole process during the run, user and system. */
  cpuMs: number;
  /** The memory that the process held when the run began. */
  startMb: number;
  /** The most that it held until the run ended. */
  peakMb: number;
  mutations: number;
  /** Whether the list was answered with 304. */
  notModified: boolean;
}

/**
 * `collect` has garbage collected before, for figures of memory. It makes the
 * run that follows slower: the collector throws out compiled code as well, and
 * begins anew as soon as the heap grows a little.
 */
export async function measureRun(
  run: () => Promise<void>,
  options: { collect: boolean },
): Promise<RunMeasurement> {
  if (options.collect) {
    collectGarbage();
  }
  const peakMb = watchPeakMemory();
  const startMb = memoryMb();
  const watched = watchRun();
  const cpu = process.cpuUsage();
  const startedAt = performance.now();
  await run();
  const endedAt = performance.now();
  const { user, system } = process.cpuUsage(cpu);
  if (watched.firstByteAt === undefined) {
    throw new Error('The run asked the metadata API nothing');
  }
  return {
    ingestMs: (watched.lastMutationEndedAt ?? endedAt) - watched.firstByteAt,
    runMs: endedAt - startedAt,
    cpuMs: (user + system) / 1000,
    startMb,
    peakMb: peakMb(),
    mutations: watched.mutations,
    notModified: watched.notModified,
  };
}

/** Twice, since finalizers of the first time free more. */
export function collectGarbage(): void {
  if (!globalThis.gc) {
    throw new Error('The process was not started with --expose-gc');
  }
  globalThis.gc();
  globalThis.gc();
}
