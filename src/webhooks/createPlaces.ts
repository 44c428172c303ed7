import type { ServerResponse } from 'node:http';

export interface Places {
  /** Takes a place until the request is answered or its connection gone; false where none is free. */
  take(res: ServerResponse): boolean;
}

/** So many requests at once, in this process. */
export function createPlaces(count: number): Places {
  let taken = 0;
  return {
    take: res => {
      if (taken >= count) {
        return false;
      }
      taken++;
      // Comes once in either case.
      res.once('close', () => {
        taken--;
      });
      return true;
    },
  };
}
