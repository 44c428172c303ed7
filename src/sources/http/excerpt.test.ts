import type { JsonValue } from '@backstage/types';
import { inspect } from 'node:util';
import { createRecordSelector } from '../../mapping/selectRecords';
import { sourceError } from '../__testUtils__/fetchFrom';
import { closeServers } from '../__testUtils__/servers';
import { startSource } from '../__testUtils__/startSource';
import type { SelectRecords } from './readPage';

afterEach(closeServers);

async function refusal(
  body: string,
  type: string | undefined = 'application/json',
  status = 403,
  options: { selectRecords?: SelectRecords } = {},
) {
  const { list } = await startSource(
    (_, response) => {
      response.writeHead(status, type ? { 'content-type': type } : {});
      response.end(body);
    },
    {
      ...options,
      settings: {
        method: 'POST',
        body: { tenant: 'secret-tenant' },
        query: { key: 'secret-key' },
        headers: { 'X-Key': 'secret-header' },
        auth: { type: 'basic', username: 'jane', password: 'secret"pass' },
      },
    },
  );
  return sourceError(list());
}

describe('an answer with errors in place of the list', () => {
  const answer = (errors: JsonValue) => JSON.stringify({ data: null, errors });
  const refused = (errors: JsonValue) =>
    refusal(answer(errors), undefined, 200, {
      selectRecords: createRecordSelector({
        name: 'services',
        records: 'data.services',
      }).selectRecords,
    });

  it('shows the first messages, and logs none', async () => {
    const error = await refused(
      ['No field "ownr"', 'Too deep', 'Too long', 'Too old'].map(message => ({
        message,
        locations: [{ line: 1, column: 3 }],
      })),
    );

    expect(error).toMatchObject({
      code: 'shape',
      said: 'No field "ownr"; Too deep; Too long',
    });
    expect(error.message).toMatch(
      /list answered with "errors" and without a list of records; check what the source asks for$/,
    );
    expect(inspect(error)).not.toContain('ownr');
  });

  it('shows no secret of the request', async () => {
    const { said } = await refused([
      { message: 'Not for secret-tenant with secret-header' },
    ]);
    expect(said).toBe('Not for *** with ***');
  });

  it.each<[JsonValue]>([['none'], [[]], [['x']], [[{ code: 7 }]]])(
    'is told by its shape if it has no messages: %j',
    async errors => {
      const error = await refused(errors);
      expect(error.message).toContain('records "data.services"');
      expect(error.said).toBeUndefined();
    },
  );
});

describe('what a server says when it refuses', () => {
  it.each([400, 401, 403])('is kept with %d, and not logged', async status => {
    const error = await refusal('{"reason":"no licence"}', undefined, status);

    expect(error.said).toBe('{"reason":"no licence"}');
    expect(error.message).not.toContain('licence');
    expect(inspect(error)).not.toContain('licence');
  });

  it('has no secret of the request in it', async () => {
    const basic = Buffer.from('jane:secret"pass').toString('base64');
    const { said } = await refusal(
      `secret-header, /list?key=secret-key, Basic ${basic}, ${JSON.stringify({
        password: 'secret"pass',
        tenant: 'secret-tenant',
      })}`,
      'text/plain',
    );
    expect(said).toBe(
      '***, /list?key=***, Basic ***, {"password":"***","tenant":"***"}',
    );
  });

  it('is cut, and its control characters are escaped', async () => {
    const { said } = await refusal(
      `a\r\nb\u001b[1m${'x'.repeat(300)}`,
      'text/plain',
    );
    expect(said).toMatch(/^a\\u000d\\u000ab\\u001b\[1mx+…$/);
    expect(said).toHaveLength(201);
  });

  it.each([
    ['HTML', '<p>no</p>', 'text/html', 403],
    ['nothing', ' ', 'text/plain', 403],
    ['anything with another status', 'no', 'text/plain', 404],
  ])('is left out if it is %s', async (_, body, type, status) => {
    const error = await refusal(body, type, status);
    expect(error.said).toBeUndefined();
  });
});
