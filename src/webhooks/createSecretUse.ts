import type { SenderStore } from './sender';

/** Which secrets are still in use; kept in memory, so that no request waits for it. */
export interface SecretUse {
  used(sender: string, secretId: string): void;
  /** Writes down what was used since; what could not be written is kept for the next time. */
  flush(): Promise<void>;
}

interface Use {
  sender: string;
  secretId: string;
  at: Date;
}

type Uses = Map<string, Map<string, Use>>;

export function createSecretUse(options: {
  store: Pick<SenderStore, 'markUsed'>;
  now: () => Date;
}): SecretUse {
  const { store, now } = options;
  let uses: Uses = new Map();
  return {
    used: (sender, secretId) => note(uses, { sender, secretId, at: now() }),
    flush: async () => {
      const written = listOf(uses);
      if (written.length === 0) {
        return;
      }
      uses = new Map();
      try {
        await store.markUsed(written);
      } catch (error) {
        written.forEach(use => note(uses, use));
        throw error;
      }
    },
  };
}

/** Keeps the latest of each. */
function note(uses: Uses, use: Use): void {
  const bySecret = uses.get(use.sender) ?? new Map<string, Use>();
  const noted = bySecret.get(use.secretId);
  if (!noted || noted.at < use.at) {
    bySecret.set(use.secretId, use);
  }
  uses.set(use.sender, bySecret);
}

function listOf(uses: Uses): Use[] {
  return [...uses.values()].flatMap(bySecret => [...bySecret.values()]);
}
