/** From when on a body counts as slow: most take less than a tenth of it. */
const SLOW_MS = 1_000;

export interface LoosePlace {
  addressKey: string;
  /** Milliseconds since 1970. */
  since: number;
  /** Takes it away. */
  lose(): void;
}

/** Places that can be taken away, in the order in which they were taken. */
export class LoosePlaces {
  private readonly all = new Set<LoosePlace>();
  private readonly byAddress = new Map<string, Set<LoosePlace>>();

  add(place: LoosePlace): void {
    this.all.add(place);
    const others = this.byAddress.get(place.addressKey);
    if (others) {
      others.add(place);
    } else {
      this.byAddress.set(place.addressKey, new Set([place]));
    }
  }

  delete(place: LoosePlace): void {
    if (!this.all.delete(place)) {
      return;
    }
    const others = this.byAddress.get(place.addressKey);
    others?.delete(place);
    if (others?.size === 0) {
      this.byAddress.delete(place.addressKey);
    }
  }

  /**
   * The one to take away for a newcomer: the oldest if it is slow, otherwise
   * the oldest of the address that has most, for which the newcomer counts.
   */
  nextFor(newcomer: Omit<LoosePlace, 'lose'>): LoosePlace | undefined {
    const oldest = firstOf(this.all);
    if (!oldest || Math.abs(newcomer.since - oldest.since) >= SLOW_MS) {
      return oldest;
    }
    let most = 0;
    let next = oldest;
    for (const [addressKey, places] of this.byAddress) {
      const size = places.size + (addressKey === newcomer.addressKey ? 1 : 0);
      if (size > most) {
        most = size;
        next = firstOf(places) ?? next;
      }
    }
    return next;
  }
}

function firstOf<T>(values: Set<T>): T | undefined {
  const [first] = values;
  return first;
}
