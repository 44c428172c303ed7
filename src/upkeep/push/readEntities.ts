import { InputError } from '@backstage/errors';
import type { JsonObject, JsonValue } from '@backstage/types';
import { isUtf8 } from 'node:buffer';
import { LineCounter } from 'yaml';
import { refOfEntity } from '../../config/entities';
import { counted, describeShape, isObject, quoteValue } from '../../lib/values';
import { isOpening, QUOTE, ValueScanner } from '../../sources/json/scanners';
import { parseDocuments } from '../../validation/files/parseDocuments';
import { withoutServerFields } from '../snapshots/serverFields';

/** How deep objects and lists may nest. */
const MAX_DEPTH = 100;

/**
 * Whether a body is JSON: by its type, or by its first character where the type
 * says neither that nor YAML, as that of `curl -d` does.
 */
export function isJson(bytes: Buffer, contentType = ''): boolean {
  if (/yaml/i.test(contentType)) {
    return false;
  }
  return (
    /json/i.test(contentType) || /^\s*[[{]/.test(bytes.toString('utf8', 0, 100))
  );
}

/** The entities of a body: one, a list of them as the catalog exports it, or documents of YAML. */
export function readEntities(bytes: Buffer, json: boolean): JsonObject[] {
  if (!isUtf8(bytes)) {
    throw new InputError('body: is no UTF-8');
  }
  const values = json ? [parseJson(bytes)].flat() : parseYaml(bytes.toString());
  return values.map((value, index) => {
    if (!isObject(value)) {
      const where = values.length > 1 ? `body[${index}]` : 'body';
      throw new InputError(
        `${where}: is ${describeShape(
          value,
        )}, and no entity; give an entity, or a list of them`,
      );
    }
    // What the catalog itself showed has what it adds beside what was given.
    return isObject(value.metadata) && value.metadata.uid !== undefined
      ? (withoutServerFields(value) as unknown as JsonObject)
      : value;
  });
}

/** Without the parser's message, which quotes the payload. */
function parseJson(bytes: Buffer): JsonValue {
  const start = bytes.findIndex(byte => isOpening(byte) || byte === QUOTE);
  if (start !== -1) {
    const tooDeep = () =>
      new InputError(`body: is nested more than ${MAX_DEPTH} levels deep`);
    new ValueScanner(bytes[start], MAX_DEPTH, tooDeep).scan(bytes, start);
  }
  try {
    return JSON.parse(bytes.toString());
  } catch {
    const what = bytes.length === 0 ? 'is empty' : 'is not JSON';
    throw new InputError(
      `body: ${what}; send an entity as JSON, or as YAML with "Content-Type: application/yaml"`,
    );
  }
}

function parseYaml(text: string): JsonObject[] {
  const { documents, faults } = parseDocuments(text);
  if (faults.length > 0) {
    const lines = new LineCounter();
    lines.addNewLine(0);
    for (const { index } of text.matchAll(/\n/g)) {
      lines.addNewLine(index + 1);
    }
    const found = faults.map(({ reason, offset }) => {
      const { line, col } = lines.linePos(offset);
      return `body: line ${line}, column ${col}: ${reason}`;
    });
    throw new InputError(found.join('; '));
  }
  return documents.map(({ entity }) => entity);
}

/** The entity of a ref among those of a body. One alone has to be it; of a list, one does. */
export function pickEntity(
  entities: JsonObject[],
  path: { kind: string; namespace: string; name: string },
  entityRef: string,
): JsonObject {
  const found = entities.filter(entity => refOfEntity(entity) === entityRef);
  if (found.length === 1) {
    return found[0];
  }
  if (found.length > 1) {
    throw new InputError(
      `body: has "${entityRef}" ${found.length} times; leave one of them`,
    );
  }
  if (entities.length !== 1) {
    throw new InputError(
      `body: has ${counted(
        entities.length,
        'entity',
      )}, and none of them is "${entityRef}", which the path names`,
    );
  }
  throw new InputError(describeOther(entities[0], path));
}

/** Which field of an entity is not as the path says. */
function describeOther(
  entity: JsonObject,
  path: { kind: string; namespace: string; name: string },
): string {
  const { namespace = 'default', name } = isObject(entity.metadata)
    ? entity.metadata
    : {};
  const fields = {
    kind: [entity.kind, path.kind],
    'metadata.namespace': [namespace, path.namespace],
    'metadata.name': [name, path.name],
  };
  const different = Object.entries(fields).filter(
    ([, [given, wanted]]) =>
      typeof given !== 'string' ||
      given.toLowerCase() !== String(wanted).toLowerCase(),
  );
  return different
    .map(
      ([field, [given, wanted]]) =>
        `${field}: is ${
          given === undefined ? 'missing' : quoteValue(given)
        }, and the path names ${quoteValue(wanted)}`,
    )
    .join('; ');
}
