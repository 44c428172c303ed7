import { setImmediate } from 'node:timers/promises';
import type { HeadsSnapshot, Learn } from '../deployments/HeadsSnapshot';
import type {
  DeploymentHead,
  DeploymentStore,
} from '../deployments/deployment';
import { inChunks } from '../lib/inChunks';

/** How old may be what entities show, of what other replicas recorded. */
const MAX_AGE_MS = 250;

/**
 * How far a look goes back behind the one before, since what is being written as
 * it looks is found by the next.
 */
const OVERLAP_MS = 10_000;

/** How often it looks at everything: whatever was missed, and what is gone. */
const RELOAD_MS = 10 * 60_000;

/** So many heads it takes in before others have their turn. */
const AT_ONCE = 1000;

/** Keeps up what this process knows of heads. */
export interface HeadsWatch {
  /**
   * Undefined where that is recent enough; otherwise resolves once it is.
   * Rejects where the table could not be read.
   */
  upToDate(): Promise<void> | undefined;
}

interface Look {
  begunAt: number;
  ended: Promise<void>;
}

/**
 * Looks into the table when somebody asks and the last look is too long ago:
 * once for all who ask meanwhile, and never twice at a time.
 */
export function createHeadsWatch(options: {
  deployments: Pick<DeploymentStore, 'changedHeads'>;
  snapshot: HeadsSnapshot;
  /** Milliseconds that only ever grow, unlike the time of day. */
  elapsed: () => number;
}): HeadsWatch {
  const { elapsed } = options;
  const read = createReader(options);
  let seenAt = -Infinity;
  let current: Look | undefined;
  let next: Promise<void> | undefined;

  function begin(begunAt: number): Promise<void> {
    const look: Look = {
      begunAt,
      ended: read(begunAt).then(
        () => {
          current = undefined;
          seenAt = begunAt;
        },
        error => {
          current = undefined;
          throw error;
        },
      ),
    };
    current = look;
    return look.ended;
  }

  async function follow({ ended }: Look): Promise<void> {
    // Its failure concerns those whom it served.
    await ended.catch(() => undefined);
    next = undefined;
    await upToDate();
  }

  function upToDate(): Promise<void> | undefined {
    const at = elapsed();
    if (at - seenAt <= MAX_AGE_MS) {
      return undefined;
    }
    if (!current) {
      return begin(at);
    }
    if (at - current.begunAt <= MAX_AGE_MS) {
      return current.ended;
    }
    next ??= follow(current);
    return next;
  }

  return { upToDate };
}

/** Reads what changed since it last did; now and then, and at first, everything. */
function createReader(options: {
  deployments: Pick<DeploymentStore, 'changedHeads'>;
  snapshot: HeadsSnapshot;
}): (begunAt: number) => Promise<void> {
  const { deployments, snapshot } = options;
  let last: Date | undefined;
  let loadedAt = -Infinity;

  async function look(learn: Learn, since?: Date): Promise<void> {
    const { heads, at } = await deployments.changedHeads(since);
    await learnInTurns(learn, heads);
    last = at;
  }

  return async begunAt => {
    if (last && begunAt - loadedAt < RELOAD_MS) {
      const since = new Date(last.getTime() - OVERLAP_MS);
      await look(heads => snapshot.learn(heads), since);
    } else {
      await snapshot.renew(learn => look(learn));
      loadedAt = begunAt;
    }
  };
}

async function learnInTurns(
  learn: Learn,
  heads: DeploymentHead[],
): Promise<void> {
  for (const chunk of inChunks(heads, AT_ONCE)) {
    learn(chunk);
    if (chunk.length === AT_ONCE) {
      await setImmediate();
    }
  }
}
