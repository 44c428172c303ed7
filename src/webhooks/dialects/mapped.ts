import type { JsonValue } from '@backstage/types';
import type { MappedField, Mapping } from '../../config/senderMapping';
import { isObject } from '../../lib/values';
import {
  compileExpression,
  type CompiledExpression,
} from '../../mapping/compileExpression';
import { quoteExpression } from '../../mapping/ExpressionError';
import type { Format, Opened } from './payload';

/** Where the payload has what a mapping gives. */
const PATHS: Partial<Record<MappedField, string>> = {
  environment: 'metadata.environment',
  target: 'metadata.target',
  physicalEnvironment: 'metadata.physicalEnvironment',
};

/** Any JSON: everything comes from the mapping. */
export const jsonFormat: Format = () => ({ type: 'payload', value: {} });

/**
 * A format whose fields a sender's expressions replace, each evaluated over the
 * whole body. An event that is not about a deployment stays ignored. Throws an
 * `ExpressionError` for an expression that cannot be used.
 */
export function withMapping(format: Format, mapping: Mapping): Format {
  const compiled = Object.entries(mapping).map(
    ([field, text]): [MappedField, CompiledExpression] => [
      field as MappedField,
      compileExpression(text),
    ],
  );
  const apply = (opened: Opened, body: unknown) =>
    opened.type === 'payload'
      ? replaceFields(opened, compiled, body as JsonValue)
      : opened;
  return async (body, headers) => {
    const opened = await format(body, headers);
    if (opened.type !== 'batch') {
      return apply(opened, body);
    }
    const items = opened.items.map(async ({ value, opened: item }) => ({
      value,
      opened: await apply(item, value),
    }));
    return { type: 'batch', items: await Promise.all(items) };
  };
}

async function replaceFields(
  opened: Extract<Opened, { type: 'payload' }>,
  compiled: Array<[MappedField, CompiledExpression]>,
  body: JsonValue,
): Promise<Opened> {
  const given = isObject(opened.value) ? opened.value : {};
  const payload: Record<string, unknown> = { ...given };
  const metadata: Record<string, unknown> = {
    ...(isObject(given.metadata) && given.metadata),
  };
  let { externalId } = opened;
  for (const [field, expression] of compiled) {
    const result = await expression.evaluate(body);
    if (result.type === 'failed') {
      const quoted = quoteExpression(expression.text, result.position);
      const message = `mapping.${field}: the expression ${quoted} fails: ${result.reason}`;
      return { type: 'invalid', message };
    }
    const value = toField(field, result.value);
    if (field === 'event' && value === undefined) {
      return { type: 'ignored', reason: 'The mapping gives no event' };
    }
    if (field === 'id') {
      externalId = value === undefined ? undefined : String(value);
    } else if (field in PATHS) {
      metadata[field] = value;
    } else {
      payload[field] = value;
    }
  }
  const mapped = new Map(
    compiled.map(([field]) => [PATHS[field] ?? field, `mapping.${field}`]),
  );
  return {
    type: 'payload',
    value: { ...payload, metadata },
    nameOf: path => mapped.get(path) ?? opened.nameOf?.(path) ?? path,
    externalId,
  };
}

/** A version or an id is text, also where the sender has a number for it. */
function toField(field: MappedField, value: JsonValue | undefined): unknown {
  return typeof value === 'number' && field !== 'sequence'
    ? String(value)
    : value ?? undefined;
}
