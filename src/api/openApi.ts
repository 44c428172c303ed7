/*
 * GET /openapi.json   what the routes take and give, as OpenAPI 3.1
 *
 * Each route is added with what it is; this reads it from the router. So
 * there is no list of routes beside the router, and requests are described by
 * the schemas that check them.
 */
import type express from 'express';
import { z } from 'zod';
import { readAudience } from '../config/senderEntity';
import { createPayloadSchema } from '../webhooks/dialects/payloadSchema';
import { acceptedWebhook, error } from './answers';
import { pageInput } from './requests';

interface Operation {
  /** What it does, in some words. */
  summary: string;
  /** Whether it gives a page of a list. */
  isPaged?: boolean;
  query?: z.ZodObject;
  body?: z.ZodType;
  /** Of the body and of the answer, if it is not JSON. */
  bodyTypes?: string[];
  /** By status; `undefined` for an answer without a body. */
  answers: Record<number, z.ZodType | undefined>;
  /** An answer of 200 as lines of JSON, for who asks for them. */
  lines?: z.ZodType;
  /** Whether it needs no token of Backstage. */
  isOpen?: boolean;
}

/** Its route has a router of its own, and a path that Express does not decode. */
const WEBHOOK: Operation = {
  summary: 'Takes a signed deployment event, in the format of the sender',
  isOpen: true,
  body: createPayloadSchema(
    { sender: readAudience({}), now: () => new Date() },
    z.string(),
  ),
  answers: { 200: acceptedWebhook, 202: acceptedWebhook },
};

const JSON_TYPE = 'application/json';

const contentOf = (types: string[], schema: object) =>
  Object.fromEntries(types.map(type => [type, { schema }]));

/** Adds a route, such as `GET /sources`, and says what it is. */
export function addRoute(
  router: express.Router,
  call: string,
  operation: Operation,
  ...handlers: express.RequestHandler[]
): void {
  const [method, path] = call.split(' ');
  router[method.toLowerCase() as 'get' | 'post'](path, ...handlers);
  const { route } = router.stack.at(-1)!;
  Object.assign(route!, { operation });
}

export function addOpenApiRoute(router: express.Router): void {
  let document: object | undefined;
  addRoute(
    router,
    'GET /openapi.json',
    {
      summary: 'This description',
      answers: { 200: z.looseObject({ openapi: z.string() }) },
    },
    async (_req, res) => {
      document ??= describeRouter(router);
      res.json(document);
    },
  );
}

/** The description of all routes of a router, by what they say of themselves. */
export function describeRouter(router: express.Router) {
  const paths: Record<string, Record<string, object>> = {
    '/webhooks/{sender}': {
      post: toOperation('post', '/webhooks/:sender', WEBHOOK),
    },
  };
  for (const { path, methods, operation } of routesOf(router)) {
    const key = path.replace(/:(\w+)/g, '{$1}');
    for (const method of Object.keys(methods)) {
      paths[key] ??= {};
      paths[key][method] = toOperation(method, path, operation);
    }
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Custom data',
      version: '1',
      description:
        'Sources, deliveries and deployments of backstage-plugin-catalog-backend-module-custom-data.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/api/catalog/custom-data' }],
    security: [{ backstage: [] }],
    paths,
    components: {
      securitySchemes: { backstage: { type: 'http', scheme: 'bearer' } },
      schemas: { Error: toSchema(error) },
    },
  };
}

interface Route {
  path: string;
  methods: Record<string, boolean>;
  operation?: Operation;
}

function routesOf(router: express.Router): Route[] {
  return router.stack.flatMap(({ route, handle }: any) =>
    route ? [route] : routesOf(handle),
  );
}

function toOperation(method: string, path: string, operation?: Operation) {
  if (!operation) {
    throw new Error(
      `The route "${method} ${path}" has no description; add it with \`addRoute\``,
    );
  }
  const { summary, body, bodyTypes = [JSON_TYPE], isOpen } = operation;
  return {
    operationId: [method, ...path.split(/\W+/)]
      .map((word, i) =>
        i ? word.slice(0, 1).toUpperCase() + word.slice(1) : word,
      )
      .join(''),
    summary,
    tags: [path.split('/')[1]],
    ...(isOpen && { security: [] }),
    parameters: toParameters(path, operation),
    ...(body && {
      requestBody: { content: contentOf(bodyTypes, toSchema(body)) },
    }),
    responses: toResponses(operation),
  };
}

function toParameters(path: string, { isPaged, query }: Operation) {
  const ofPath = [...path.matchAll(/:(\w+)/g)].map(([, name]) => ({
    name,
    in: 'path',
    required: true,
    schema: { type: 'string' },
  }));
  const ofQuery = [query, isPaged ? pageInput : undefined].flatMap(schema =>
    Object.entries(schema?.shape ?? {}).map(([name, value]) => ({
      name,
      in: 'query',
      schema: toSchema(value),
    })),
  );
  return [...ofPath, ...ofQuery];
}

function toResponses({ answers, lines }: Operation) {
  const responses = Object.entries(answers).map(([status, answer]) => [
    status,
    {
      description: answer ? 'Done' : 'Done, without a body',
      ...(answer && {
        content: {
          ...contentOf([JSON_TYPE], toSchema(answer)),
          ...(lines && contentOf(['application/x-ndjson'], toSchema(lines))),
        },
      }),
    },
  ]);
  const reference = { $ref: '#/components/schemas/Error' };
  return {
    ...Object.fromEntries(responses),
    '4XX': {
      description: 'Refused; `error.message` says why',
      content: contentOf([JSON_TYPE], reference),
    },
    '5XX': {
      description: 'Failed; `error.message` says why',
      content: contentOf([JSON_TYPE], reference),
    },
  };
}

/** Answers may get more keys with time, so those are not excluded. */
function toSchema(schema: z.ZodType): object {
  const {
    $schema,
    '~standard': _,
    ...described
  } = z.toJSONSchema(schema, {
    io: 'input',
    unrepresentable: 'any',
  }) as Record<string, unknown>;
  return described;
}
