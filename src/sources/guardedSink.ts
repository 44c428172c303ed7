import type { RecordSink } from '../model/source';

/** Around what a sink threw: no fault of the source, whatever it looks like. */
class SinkFailure extends Error {}

/**
 * Runs something with a sink whose errors nobody on the way takes for those of
 * the source, and tries again for. They come out as they are.
 */
export async function withGuardedSink<T>(
  sink: RecordSink,
  run: (guarded: RecordSink) => Promise<T>,
): Promise<T> {
  try {
    return await run({
      startPage: () => call(() => sink.startPage()),
      records: batch => callAsync(() => sink.records(batch)),
      endPage: () => call(() => sink.endPage()),
    });
  } catch (error) {
    throw error instanceof SinkFailure ? error.cause : error;
  }
}

function call(run: () => void): void {
  try {
    run();
  } catch (error) {
    fail(error);
  }
}

async function callAsync(run: () => Promise<void>): Promise<void> {
  try {
    await run();
  } catch (error) {
    fail(error);
  }
}

function fail(cause: unknown): never {
  throw new SinkFailure('The sink failed', { cause });
}
