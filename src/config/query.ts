import { z } from 'zod';
import { chosenBy } from './chosenBy';
import { list, map } from './containers';
import { text } from './values';

/** A parameter as YAML or an environment variable gives it. Never quoted: it may be a key. */
const single = z.preprocess(
  value =>
    typeof value === 'number' || typeof value === 'boolean'
      ? String(value)
      : value,
  text(),
);
const several = list(single);

const values = chosenBy<string | string[]>(value =>
  Array.isArray(value) ? several : single,
);

/** Query parameters: a value, or a list of them for one that is given several times. */
export const query = map(values);
