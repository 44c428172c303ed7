import type { ServerResponse } from 'node:http';
import type { Arrival } from './createEntrances';
import type { Place } from './createPlaces';

export interface RequestPlace {
  /** Whether another request has got it, which can be until the body has arrived. */
  lost: boolean;
  /** Called when that happens. */
  onLost?: () => void;
  /** To be called once the body has arrived. */
  bodyArrived(): void;
}

/**
 * Takes a request's place among those of its sender, until it is answered or
 * its connection gone, and until its body has arrived also one among those of
 * all: strangers have so many senders' worth of the former that they would
 * fill the memory. Undefined where none is free.
 */
export function takePlace(options: {
  arrival: Arrival;
  res: ServerResponse;
}): RequestPlace | undefined {
  const { arrival, res } = options;
  const { entrance, addressKey } = arrival;
  const taken: Place[] = [];
  const leave = () => taken.forEach(place => place.leave());
  const held: RequestPlace = {
    lost: false,
    bodyArrived() {
      taken[0].keep();
      taken[1].leave();
    },
  };
  const onLost = () => {
    leave();
    held.lost = true;
    held.onLost?.();
  };
  for (const places of [entrance.places, entrance.bodies]) {
    const place = places.take({ addressKey, onLost });
    if (!place) {
      leave();
      return undefined;
    }
    taken.push(place);
  }
  // Comes once in either case.
  res.once('close', leave);
  return held;
}
