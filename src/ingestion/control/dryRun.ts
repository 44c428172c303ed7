import { InputError } from '@backstage/errors';
import type { JsonValue } from '@backstage/types';
import { type Candidate, hasCode } from '../../config/candidate';
import { SourceError } from '../../lib/errors';
import type { DryRun } from '../dryRun/dryRun';
import type { SyncOptions } from '../runContext';
import {
  findPolled,
  signalOf,
  type SourcesContext,
  withHttpErrors,
} from './sources';

/** What a dry run works with in place of the source's own, and how that ends. */
export interface Trial {
  parts: Partial<SyncOptions>;
  stop(): void;
}

export interface DryRunContext extends SourcesContext {
  /** Prepares a candidate, or an answer in place of the source's. Throws an `InputError` for one that cannot be used. */
  startTrial: (options: {
    source: string;
    candidate: Candidate;
    data?: JsonValue;
    signal: AbortSignal;
  }) => Promise<Trial>;
}

/** What a run over the list would do now. */
export async function dryRunSource(
  context: DryRunContext,
  options: {
    source: string;
    candidate: Candidate;
    /** An answer in place of the source's. */
    data?: JsonValue;
    limit: number;
    /** Aborted when nobody waits for it any more. */
    signal: AbortSignal;
  },
): Promise<DryRun> {
  const { source, candidate, data, limit } = options;
  const sync = await findPolled(context, { source });
  const signal = AbortSignal.any([options.signal, signalOf(context, sync)]);
  const asks = data === undefined;
  const isOwn = !hasCode(candidate) && asks;
  return withHttpErrors(async () => {
    if (asks) {
      await sync.assertMayAsk();
    }
    const trial = await context.startTrial({
      source,
      candidate,
      data,
      signal,
    });
    try {
      const { parts } = trial;
      return await sync.dryRun({ parts, asks, limit, signal });
    } catch (error) {
      // What finds no list in an answer, or in data, came with the request.
      if (error instanceof SourceError && error.code === 'shape' && !isOwn) {
        throw new InputError(error.message);
      }
      throw error;
    } finally {
      trial.stop();
    }
  });
}
