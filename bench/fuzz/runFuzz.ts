import { createCase, type FuzzCase } from './createCase';
import { createJudge } from './judgeAnswer';
import { Random } from './Random';
import { sendOnce } from './sendOnce';

/** So many are on their way at once. */
const AT_ONCE = 16;

/** More of them say no more than the first ones. */
const MAX_FAULTS = 20;

export interface FuzzResult {
  /** How many cases were sent. */
  sent: number;
  /** Answers by kind of case and status; 0 for none. */
  statuses: Record<string, number>;
  /** How many were answered 202. */
  stored: number;
  /** What was found, with the number of its case. */
  faults: string[];
}

/** Sends cases from one number up to another. The same seed gives the same cases. */
export async function runFuzz(options: {
  port: number;
  seed: number;
  from: number;
  to: number;
  /** Begins no case any more. */
  signal?: AbortSignal;
  judge?: ReturnType<typeof createJudge>;
}): Promise<FuzzResult> {
  const { port, seed, from, to, signal, judge = createJudge() } = options;
  const result: FuzzResult = { sent: 0, statuses: {}, stored: 0, faults: [] };
  let next = from;

  async function sendNext(): Promise<void> {
    const nth = next;
    next += 1;
    const fuzzed = createCase({
      random: Random.of(seed, nth),
      id: `fuzz-${seed}-${nth}`,
      time: new Date(),
    });
    const answer = await sendOnce({ port, ...fuzzed });
    count(result, fuzzed, answer?.status ?? 0);
    const fault = judge(fuzzed, answer);
    if (fault) {
      result.faults.push(`Case ${nth} (${fuzzed.kind}) ${fault}`);
    }
  }

  await Promise.all(
    Array.from({ length: AT_ONCE }, async () => {
      while (
        next < to &&
        !signal?.aborted &&
        result.faults.length < MAX_FAULTS
      ) {
        await sendNext();
      }
    }),
  );
  return result;
}

function count(result: FuzzResult, { kind }: FuzzCase, status: number): void {
  const key = `${kind}: ${status || 'no answer'}`;
  result.sent += 1;
  result.stored += status === 202 ? 1 : 0;
  result.statuses[key] = (result.statuses[key] ?? 0) + 1;
}
