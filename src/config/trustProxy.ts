import { z } from 'zod';
import { chosenBy } from './chosenBy';
import { list } from './containers';
import { network } from './networks';
import { flag, numberIn } from './values';

/** More than stand in a row anywhere; a high number would believe as much as `true`. */
const MAX_HOPS = 10;

const BELIEVES_ALL =
  'would believe whoever sends the header X-Forwarded-For, so that anybody could claim any address; give the number of proxies in front, a list of their networks, or false where there are none';

const NO_TRUST = `must be a whole number from 1 to ${MAX_HOPS}, a list of networks or addresses, or false`;

const hops = numberIn({ min: 1, max: MAX_HOPS, integer: true });

const proxies = list(
  network.refine(block => !block.endsWith('/0'), { error: BELIEVES_ALL }),
).transform(value => [...new Set(value)]);

const nobody = z.any().transform((value, ctx): false => {
  const said = flag().safeParse(value);
  if (said.data === false) {
    return false;
  }
  const message = said.success ? BELIEVES_ALL : NO_TRUST;
  ctx.addIssue({ code: 'custom', message });
  return z.NEVER;
});

/** Whose `X-Forwarded-For` is believed. */
export const trustProxy = chosenBy<number | string[] | false>(value => {
  if (Array.isArray(value)) {
    return proxies;
  }
  // Before true and false, for which an environment variable may give 1 and 0.
  const isNumber =
    typeof value === 'number' || /^\s*\d+\s*$/.test(String(value));
  return isNumber ? hops : nobody;
});
