import type { Settlement } from './delivery';

/** Settlements that come one by one, and are kept together. */
export interface Pieces {
  add(id: string, settlement: Settlement): void;
  /** Resolves when all are kept. */
  end(): Promise<void>;
}

/**
 * Gathers settlements for so long: usually that is all there are, and whatever
 * holds up one of them does not hold up the others.
 */
export function createPieces(options: {
  /** Never rejects. */
  settle: (settlements: Map<string, Settlement>) => Promise<void>;
  gatherMs: number;
}): Pieces {
  const { settle, gatherMs } = options;
  let piece = new Map<string, Settlement>();
  let timer: NodeJS.Timeout | undefined;
  let settled = Promise.resolve();

  function keep(): Promise<void> {
    clearTimeout(timer);
    timer = undefined;
    // Taken when it is their turn, so that those behind one that hangs go together.
    settled = settled.then(() => {
      const settlements = piece;
      piece = new Map();
      return settle(settlements);
    });
    return settled;
  }

  return {
    add(id, settlement) {
      piece.set(id, settlement);
      timer ??= setTimeout(keep, gatherMs).unref();
    },
    end: keep,
  };
}
