import { isObject } from '../../lib/values';
import Ajv2020 from 'ajv/dist/2020';
import addFormats from 'ajv-formats';
import { type ApiContext, createApiRouter } from '../createApiRouter';
import { describeRouter } from '../openApi';

const document: any = describeRouter(createApiRouter({} as ApiContext));
const ajv = addFormats(new Ajv2020({ strict: false }));

/** What is described allows keys that come with later versions. None does today. */
function withoutOthers(schema: any): unknown {
  if (Array.isArray(schema)) {
    return schema.map(withoutOthers);
  }
  if (!isObject(schema)) {
    return schema;
  }
  const closed = Object.fromEntries(
    Object.entries(schema).map(([key, value]) => [key, withoutOthers(value)]),
  );
  return isObject(schema.properties)
    ? { additionalProperties: false, ...closed }
    : closed;
}

const checks = Object.entries<any>(document.paths).flatMap(([path, methods]) =>
  Object.entries<any>(methods).map(([method, { responses }]) => ({
    method: method.toUpperCase(),
    pattern: new RegExp(`^${path.replace(/\{\w+\}/g, '[^/]+')}$`),
    // Where a path is also a pattern, such as `replay` beside an id.
    literal: path,
    answers: Object.fromEntries(
      Object.entries<any>(responses).map(([status, { content = {} }]) => [
        status,
        Object.fromEntries(
          Object.entries<any>(content).map(([type, { schema }]) => [
            type,
            ajv.compile({
              ...(withoutOthers(schema) as object),
              components: withoutOthers(document.components),
            }),
          ]),
        ),
      ]),
    ),
  })),
);

/** Throws where an answer of a route is not as `GET /openapi.json` says. */
export function assertDocumented(
  call: { method: string; path: string },
  answer: { status: number; type?: string; body: unknown },
): void {
  const [path] = call.path.split('?');
  const ofMethod = checks.filter(({ method }) => method === call.method);
  const found =
    ofMethod.find(({ literal }) => literal === path) ??
    ofMethod.find(({ pattern }) => pattern.test(path));
  if (!found) {
    return; // No route of ours answered.
  }
  const { status, type = '', body } = answer;
  const types = found.answers[status] ?? found.answers[`${`${status}`[0]}XX`];
  if (!types) {
    throw new Error(`${call.method} ${path} does not document ${status}`);
  }
  const [mediaType] = type.split(';');
  if (!body && Object.keys(types).length === 0) {
    return;
  }
  const isValid = types[mediaType];
  const bodies = mediaType.endsWith('ndjson') ? (body as unknown[]) : [body];
  for (const each of bodies) {
    if (!isValid?.(each)) {
      throw new Error(
        `${
          call.method
        } ${path} answers ${status} ${type} otherwise than documented: ${ajv.errorsText(
          isValid?.errors,
        )}`,
      );
    }
  }
}
