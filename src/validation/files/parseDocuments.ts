import type { JsonObject, JsonValue } from '@backstage/types';
import {
  Composer,
  type CST,
  type Document,
  isAlias,
  isCollection,
  isMap,
  isPair,
  isScalar,
  type Node,
  Parser,
  type YAMLParseError,
} from 'yaml';
import type { FindingCode } from '../../config/catalogCheck';
import { describeShape, isObject, quoteValue } from '../../lib/values';

/** Something wrong with a file as YAML. */
export interface YamlFault {
  code: FindingCode;
  reason: string;
  offset: number;
}

export interface EntityDocument {
  /** Its position among the documents of the file. */
  index: number;
  document: Document;
  entity: JsonObject;
}

/**
 * Reads the documents of a file as the catalog does, which ignores empty ones.
 * The fault of one leaves the others as they are.
 */
export function parseDocuments(text: string): {
  documents: EntityDocument[];
  faults: YamlFault[];
} {
  const tokens = [...new Parser().parse(text)];
  const tooMuch = describeExcess(tokens);
  if (tooMuch) {
    return { documents: [], faults: [tooMuch] };
  }
  const documents: EntityDocument[] = [];
  const faults: YamlFault[] = [];
  let isEmpty = true;
  for (const [index, document] of compose(tokens, text).entries()) {
    const value = readDocument(document, text, faults);
    isEmpty &&= value === null;
    if (isMapping(value)) {
      documents.push({ index, document, entity: value });
    } else if (value !== null && value !== undefined) {
      const reason = `is ${describeShape(
        value,
      )}; write a map with "apiVersion", "kind", "metadata" and "spec"`;
      const offset = startOf(document);
      faults.push({ code: 'not-a-mapping', reason, offset });
    }
  }
  if (isEmpty) {
    const reason = 'has no entity in it';
    faults.push({ code: 'file-empty', reason, offset: 0 });
  }
  return { documents, faults };
}

/** Tags such as `!!binary` give other objects. */
function isMapping(value: unknown): value is JsonObject {
  return isObject(value) && Object.getPrototypeOf(value) === Object.prototype;
}

/** Duplicate keys are found here: the library compares each key with each other. */
const OPTIONS = { prettyErrors: false, uniqueKeys: false } as const;

function compose(tokens: CST.Token[], text: string): Document[] {
  return [...new Composer(OPTIONS).compose(tokens, false, text.length)];
}

/** The documents of a text that was read before. */
export function composeDocuments(text: string): Document[] {
  return compose([...new Parser().parse(text)], text);
}

function startOf({ contents, range }: Document): number {
  return (contents as Node | null)?.range?.[0] ?? range?.[0] ?? 0;
}

/** Deeper ones may end the process: the library reads them by recursion. */
const MAX_DEPTH = 200;
/** The library looks through all anchors for each alias. */
const MAX_ALIASES = 1000;
/** Values that a document may have once its aliases are replaced. */
const MAX_EXPANDED = 100_000;

function describeExcess(tokens: CST.Token[]): YamlFault | undefined {
  let aliases = 0;
  const waiting: Array<[token: unknown, depth: number]> = [];
  for (const token of tokens) {
    if (token.type === 'document') {
      waiting.push([token.value, 1]);
    }
  }
  for (let next = waiting.pop(); next; next = waiting.pop()) {
    const [token, depth] = next as [CST.Token | undefined, number];
    if (token?.type === 'alias') {
      aliases += 1;
    } else if (token && 'items' in token) {
      if (depth > MAX_DEPTH) {
        const reason = `is nested more than ${MAX_DEPTH} levels deep`;
        return { code: 'yaml-syntax', reason, offset: token.offset };
      }
      for (const { key, value } of token.items) {
        waiting.push([key, depth + 1], [value, depth + 1]);
      }
    }
    if (aliases > MAX_ALIASES) {
      const reason = `has more than ${MAX_ALIASES} aliases; write out what they stand for`;
      const { offset } = token as CST.FlowScalar;
      return { code: 'yaml-aliases', reason, offset };
    }
  }
  return undefined;
}

/** Undefined where the document cannot be read. */
function readDocument(
  document: Document,
  text: string,
  faults: YamlFault[],
): JsonValue | undefined {
  const [error] = document.errors;
  if (error) {
    faults.push(syntaxFault(error, text));
    return undefined;
  }
  const keys = inspectKeys(document.contents as Node | null);
  faults.push(...keys.faults);
  try {
    const value = document.toJS();
    if (keys.hasAliases && expandedSize(value) > MAX_EXPANDED) {
      throw new ReferenceError(
        `aliases make more than ${MAX_EXPANDED} values of it, or stand within themselves`,
      );
    }
    return keys.faults.some(({ code }) => code === 'yaml-duplicate-key')
      ? undefined
      : value;
  } catch (cause) {
    const reason = `cannot be read: ${(cause as Error).message}`;
    const offset = startOf(document);
    faults.push({ code: 'yaml-aliases', reason, offset });
    return undefined;
  }
}

const QUOTE = 'put the text in quotes';

const ADVICE: Partial<Record<YAMLParseError['code'], string>> = {
  BAD_SCALAR_START: QUOTE,
  BLOCK_AS_IMPLICIT_KEY: `${QUOTE} if it holds ": ", or correct the indentation`,
  BAD_INDENT: 'correct the indentation, or close the bracket',
  MULTILINE_IMPLICIT_KEY: 'write ": " after the key',
  TAB_AS_INDENT: 'use spaces',
  UNEXPECTED_TOKEN: 'correct the indentation',
};

const CONFLICT = /^<{7} /m;

/** The first error of a document: those after it come of it. */
function syntaxFault(
  { code, message, pos }: YAMLParseError,
  text: string,
): YamlFault {
  const conflict = CONFLICT.exec(text);
  if (conflict) {
    const reason = 'holds the marks of a merge conflict; resolve it';
    return { code: 'yaml-syntax', reason, offset: conflict.index };
  }
  const advice = ADVICE[code];
  const reason = `is not YAML: ${message}${advice ? `; ${advice}` : ''}`;
  return { code: 'yaml-syntax', reason, offset: pos[0] };
}

const MAX_FAULTS = 20;

function inspectKeys(contents: Node | null) {
  const faults: YamlFault[] = [];
  let hasAliases = false;
  const inspect = (node: unknown) => {
    if (isAlias(node)) {
      hasAliases = true;
    } else if (isMap(node)) {
      const found = keyFaults(node.items.map(({ key }) => key));
      faults.push(...found.slice(0, MAX_FAULTS));
    }
    if (isCollection(node)) {
      for (const item of node.items) {
        if (isPair(item)) {
          inspect(item.key);
          inspect(item.value);
        } else {
          inspect(item);
        }
      }
    }
  };
  inspect(contents);
  return { faults: faults.slice(0, MAX_FAULTS), hasAliases };
}

function keyFaults(keys: unknown[]): YamlFault[] {
  const faults: YamlFault[] = [];
  const known = new Set<unknown>();
  for (const key of keys) {
    if (isScalar(key)) {
      const offset = key.range?.[0] ?? 0;
      if (key.value === '<<') {
        const reason =
          'has a merge key "<<", which the catalog takes for a key of that name unless its configuration enables merge keys; write out what it stands for';
        faults.push({ code: 'yaml-merge-key', reason, offset });
      } else if (known.has(key.value)) {
        const reason = `has the key ${quoteValue(key.value)} twice; remove one`;
        faults.push({ code: 'yaml-duplicate-key', reason, offset });
      }
      known.add(key.value);
    }
  }
  return faults;
}

/** How many values there are where each is counted as often as an alias repeats it; infinite for one within itself. */
function expandedSize(root: unknown): number {
  const sizes = new Map<object, number>();
  const sizeOf = (value: unknown): number => {
    if (typeof value !== 'object' || value === null) {
      return 1;
    }
    const known = sizes.get(value);
    if (known !== undefined) {
      return known;
    }
    sizes.set(value, Infinity);
    const size = Object.values(value).reduce(
      (sum: number, member) => sum + sizeOf(member),
      1,
    );
    sizes.set(value, size);
    return size;
  };
  return sizeOf(root);
}
