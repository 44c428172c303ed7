import type { JsonObject, JsonValue } from '@backstage/types';
import { isObject } from '../../lib/values';
import { toRecordId } from '../../mapping/createRecordMapper';

/** A list of objects in an answer. */
export interface FoundList {
  /** As an expression for `records`; empty if the answer is the list. */
  path: string;
  count: number;
  keys: string[];
  /** Entries of lists around it that lack it: with these, `records` refuses the plain path. */
  missing: number;
}

const MAX_DEPTH = 6;
const MAX_LISTS = 20;

/** The lists of objects in an answer, outer ones first. */
export function findLists(answer: JsonValue): FoundList[] {
  const found: FoundList[] = [];
  let level = [{ path: '', values: [answer], missing: 0 }];
  for (let depth = 0; depth < MAX_DEPTH && level.length > 0; depth++) {
    level = level.flatMap(({ path, values, missing }) => {
      const lists = values.filter(value => Array.isArray(value));
      const objects = values.flat().filter(isObject);
      if (lists.length > 0 && objects.length > 0) {
        const keys = keysOf(objects);
        found.push({ path, count: objects.length, keys, missing });
      }
      return keysOf(objects).map(key => {
        const inner = objects
          .map(object => object[key])
          .filter(value => typeof value === 'object' && value !== null);
        return {
          path: path ? `${path}.${nameOf(key)}` : nameOf(key),
          values: inner as JsonValue[],
          missing: missing + objects.length - inner.length,
        };
      });
    });
  }
  return found.slice(0, MAX_LISTS);
}

/** The keys of some objects, in the order in which they come. */
export function keysOf(objects: JsonObject[]): string[] {
  return [...new Set(objects.flatMap(object => Object.keys(object)))];
}

/** A key as a step of an expression. */
function nameOf(key: string): string {
  return /^[A-Za-z_]\w*$/.test(key) ? key : `\`${key}\``;
}

const LIKELY_ID =
  /^(id|uid|uuid|key|slug|name)$|[^a-z](id|key|slug)$|Id$|_name$/;

/** Expressions that give each of these records another id, the likeliest first. */
export function findIds(records: JsonObject[]): string[] {
  const unique = keysOf(records).filter(key => {
    const ids = records.map(record => toRecordId(record[key]));
    return (
      ids.every(id => id !== undefined) && new Set(ids).size === ids.length
    );
  });
  return [
    ...unique.filter(key => LIKELY_ID.test(key)),
    ...unique.filter(key => !LIKELY_ID.test(key)),
  ].map(nameOf);
}
