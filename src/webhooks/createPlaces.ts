import { type LoosePlace, LoosePlaces } from './LoosePlaces';

/** One request's place. */
export interface Place {
  /** Nobody takes it away any more. */
  keep(): void;
  /** Gives it back; may be called again. */
  leave(): void;
}

export interface Places {
  /** Takes a place; undefined where none is free, and none can be taken away. */
  take(options: {
    addressKey: string;
    /** Called where another gets the place. */
    onLost: () => void;
  }): Place | undefined;
}

/**
 * So many requests at once, in this process. Where all places are taken, a
 * newcomer gets one that is not kept yet: the one that has been slow for
 * longest, or where none is slow, the oldest of the address that has most. So
 * whoever only holds places keeps nobody out, and whoever takes many fast loses
 * their own.
 */
export function createPlaces(options: {
  count: number;
  now: () => Date;
}): Places {
  const { count, now } = options;
  const loose = new LoosePlaces();
  let taken = 0;

  function occupy(parts: Omit<LoosePlace, 'lose'>, onLost: () => void): Place {
    let left = false;
    const place: LoosePlace = {
      ...parts,
      lose() {
        leave();
        onLost();
      },
    };
    taken++;
    loose.add(place);
    return { keep: () => loose.delete(place), leave };

    function leave() {
      taken -= left ? 0 : 1;
      left = true;
      loose.delete(place);
    }
  }

  return {
    take({ addressKey, onLost }) {
      const newcomer = { addressKey, since: now().getTime() };
      if (taken >= count) {
        loose.nextFor(newcomer)?.lose();
      }
      return taken < count ? occupy(newcomer, onLost) : undefined;
    },
  };
}
