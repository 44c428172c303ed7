import Router from 'express-promise-router';
import { z } from 'zod';
import { type ServedApi, serveApi } from './__testUtils__/serveApi';
import { addRoute, describeRouter } from './openApi';

describe('GET /openapi.json', () => {
  let api: ServedApi | undefined;

  afterEach(async () => {
    await api?.stop();
    api = undefined;
  });

  it('describes every route, and itself', async () => {
    api = await serveApi();
    const { body } = await api.call('GET /openapi.json');
    expect(body.openapi).toBe('3.1.0');
    expect(Object.keys(body.paths)).toEqual(
      expect.arrayContaining([
        '/sources/{source}/plan/{hash}/approve',
        '/deliveries/replay',
        '/webhooks/{sender}',
        '/openapi.json',
      ]),
    );
    const ids = Object.values<any>(body.paths)
      .flatMap(methods => Object.values<any>(methods))
      .map(({ operationId }) => operationId);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('gives the limits by which requests are checked', async () => {
    api = await serveApi();
    const { paths } = (await api.call('GET /openapi.json')).body;
    expect(paths['/deliveries'].get.parameters).toEqual(
      expect.arrayContaining([
        {
          name: 'limit',
          in: 'query',
          schema: { type: 'integer', minimum: 1, maximum: 500, default: 50 },
        },
        expect.objectContaining({ name: 'state' }),
      ]),
    );
    const { schema } =
      paths['/sources/{source}/sync'].post.requestBody.content[
        'application/json'
      ];
    expect(schema).toMatchObject({
      additionalProperties: false,
      properties: { recordId: { minLength: 1, maxLength: 255 } },
    });
    const payload =
      paths['/webhooks/{sender}'].post.requestBody.content['application/json'];
    expect(payload.schema.required).toEqual(
      expect.arrayContaining(['event', 'service', 'version']),
    );
  });

  it('refuses a route that says nothing of itself', () => {
    const router = Router();
    addRoute(router, 'GET /known', {
      summary: 'Known',
      answers: { 200: z.string() },
    });
    router.get('/unknown', (_req, res) => void res.json({}));
    expect(() => describeRouter(router)).toThrow(
      'The route "get /unknown" has no description',
    );
  });
});
