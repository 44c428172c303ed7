import type { JsonObject, JsonValue } from '@backstage/types';
import {
  Composer,
  type CST,
  type Document,
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
  document: Document;
  entity: JsonObject;
}

const OPTIONS = { prettyErrors: false, logLevel: 'error' } as const;

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
  const composer = new Composer(OPTIONS);
  for (const document of composer.compose(tokens, false, text.length)) {
    const { value, fault } = readDocument(document, text);
    isEmpty &&= value === null;
    if (fault) {
      faults.push(fault);
    } else if (isMapping(value)) {
      documents.push({ document, entity: value });
    } else if (value !== null) {
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

function startOf({ contents, range }: Document): number {
  return (contents as Node | null)?.range?.[0] ?? range?.[0] ?? 0;
}

/** Deeper ones may end the process: the library reads them by recursion. */
const MAX_DEPTH = 200;
/** The library looks through all anchors for each alias. */
const MAX_ALIASES = 1000;
/** The library compares each key of a map with each other. */
const MAX_KEYS = 10_000;
/** Characters of JSON that a document may have once its aliases are replaced. */
const MAX_EXPANDED = 10_000_000;

function describeExcess(tokens: CST.Token[]): YamlFault | undefined {
  let aliases = 0;
  const waiting: Array<[token?: CST.Token | null, depth?: number]> = [];
  for (const token of tokens) {
    waiting.push([token.type === 'document' ? token.value : undefined]);
  }
  for (let next = waiting.pop(); next; next = waiting.pop()) {
    const [token, depth = 1] = next;
    aliases += Number(token?.type === 'alias');
    if (token && aliases > MAX_ALIASES) {
      const reason = `has more than ${MAX_ALIASES} aliases; write out what they stand for`;
      return { code: 'yaml-aliases', reason, offset: token.offset };
    }
    if (token && 'items' in token) {
      const { items, offset } = token;
      const isList = 'start' in token && token.start.source === '[';
      if (depth > MAX_DEPTH) {
        const reason = `is nested more than ${MAX_DEPTH} levels deep`;
        return { code: 'yaml-syntax', reason, offset };
      }
      if (!isList && token.type !== 'block-seq' && items.length > MAX_KEYS) {
        const reason = `has more than ${MAX_KEYS} keys in one map`;
        return { code: 'yaml-syntax', reason, offset };
      }
      for (const { key, value } of items) {
        waiting.push([key, depth + 1], [value, depth + 1]);
      }
    }
  }
  return undefined;
}

function readDocument(
  document: Document,
  text: string,
): { value?: JsonValue; fault?: YamlFault } {
  const [error] = document.errors;
  if (error) {
    return { fault: syntaxFault(error, text) };
  }
  try {
    const value: JsonValue = document.toJS();
    // JSON.stringify throws for what stands within itself.
    if (text.includes('&') && JSON.stringify(value).length > MAX_EXPANDED) {
      throw new Error(`aliases make more than ${MAX_EXPANDED} bytes of it`);
    }
    return { value };
  } catch (cause) {
    const [message] = (cause as Error).message.split('\n');
    const reason = `cannot be read: ${message}`;
    const offset = startOf(document);
    return { fault: { code: 'yaml-aliases', reason, offset } };
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
  { code, message, pos: [offset] }: YAMLParseError,
  text: string,
): YamlFault {
  const conflict = CONFLICT.exec(text);
  if (conflict) {
    const reason = 'holds the marks of a merge conflict; resolve it';
    return { code: 'yaml-syntax', reason, offset: conflict.index };
  }
  if (code === 'DUPLICATE_KEY') {
    const [, key] = /^["']?([^"':,}\r\n]*)/.exec(text.slice(offset))!;
    const reason = `has the key ${quoteValue(key.trim())} twice; remove one`;
    return { code: 'yaml-duplicate-key', reason, offset };
  }
  const advice = ADVICE[code];
  const reason = `is not YAML: ${message}${advice ? `; ${advice}` : ''}`;
  return { code: 'yaml-syntax', reason, offset };
}
