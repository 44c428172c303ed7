import { KubernetesValidatorFunctions } from '@backstage/catalog-model';
import { createHash } from 'node:crypto';
import { FunctionError } from './FunctionError';
import { textOf } from './textOf';
import { toLatin } from './toLatin';

const LONGEST_NAME = 63;
const HASH_LENGTH = 8;

/** A name that an entity may have. */
export function entityName(text: unknown): string | undefined {
  return nameFrom('$entityName', text, {
    isFit: name => KubernetesValidatorFunctions.isValidObjectName(name),
    toFit: latin => latin.replace(/[^A-Za-z0-9_.]+/g, '-'),
  });
}

/** A name in lower case, which a tag and a namespace may have as well. */
export function slug(text: unknown): string | undefined {
  return nameFrom('$slug', text, {
    isFit: name =>
      name.length <= LONGEST_NAME && /^[a-z0-9]+(-[a-z0-9]+)*$/.test(name),
    toFit: latin => latin.toLowerCase().replace(/[^a-z0-9]+/g, '-'),
  });
}

function nameFrom(
  name: string,
  value: unknown,
  form: { isFit(text: string): boolean; toFit(latin: string): string },
): string | undefined {
  const text = textOf(name, value);
  if (text === undefined || form.isFit(text)) {
    return text;
  }
  const latin = toLatin(text);
  if (latin === undefined) {
    throw new FunctionError(
      `${name} gives no name: there are letters or digits that a name cannot hold; look the text up in a table`,
      text,
    );
  }
  const fit = trim(form.toFit(latin));
  if (!fit) {
    throw new FunctionError(
      `${name} gives no name: there is no letter or digit`,
      text,
    );
  }
  return fit.length > LONGEST_NAME ? shorten(fit, text) : fit;
}

/** Cut short, with a hash of the whole, so that long texts stay apart. */
function shorten(fit: string, text: string): string {
  const hash = createHash('sha256').update(text).digest('hex');
  const start = trim(fit.slice(0, LONGEST_NAME - HASH_LENGTH - 1));
  return `${start}-${hash.slice(0, HASH_LENGTH)}`;
}

/** Without what a name may not begin or end with, in linear time. */
function trim(text: string): string {
  const isEdge = (index: number) => '-_.'.includes(text[index]);
  let start = 0;
  let end = text.length;
  while (start < end && isEdge(start)) {
    start++;
  }
  while (end > start && isEdge(end - 1)) {
    end--;
  }
  return text.slice(start, end);
}
