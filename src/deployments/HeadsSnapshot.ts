import { type KnownHead, LatestHeads } from './LatestHeads';
import type { DeploymentHead } from './deployment';

/** Takes heads in any order and any number of times: of each lane the newest remains. */
export type Learn = (heads: readonly DeploymentHead[]) => void;

/** The heads that a process knows of, as the table has them. */
export class HeadsSnapshot {
  private known = new LatestHeads();
  private renewed?: LatestHeads;

  learn(heads: readonly DeploymentHead[]): void {
    this.known.learn(heads);
    this.renewed?.learn(heads);
  }

  /**
   * Knows in the end what `tell` told and what it learned meanwhile, and has
   * forgotten the rest, since the table may have lost some. Until then it knows
   * what it knew; so it does where `tell` fails.
   */
  async renew(tell: (learn: Learn) => Promise<void>): Promise<void> {
    const renewed = new LatestHeads();
    this.renewed = renewed;
    try {
      await tell(heads => renewed.learn(heads));
      this.known = renewed;
    } finally {
      this.renewed = undefined;
    }
  }

  /** Whoever tells of them. */
  headsOf(serviceKey: string): readonly KnownHead[] {
    return this.known.of(serviceKey);
  }
}
