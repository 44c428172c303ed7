import fc from 'fast-check';
import { aSender } from '../../config/__testUtils__/aSender';
import { readWith } from './__testUtils__/readWith';
import { createBodyReader } from './payload';

const now = new Date('2026-11-22T12:00:00Z');
const readBody = createBodyReader({
  now: () => now,
  sender: aSender({ aliases: { 'a/b': 'payments', long: 'x'.repeat(64) } }),
});

const read = (body: Buffer) => readWith({ readBody }, body);
const parse = (value: unknown) => read(Buffer.from(JSON.stringify(value)));

const payload = {
  event: 'deployment.success',
  service: 'Payments-API',
  version: '1.2.3',
  catalog_refresh: true,
  metadata: { owner: 'platform-team', environment: 'production' },
};
const isEvent = (value: unknown) => {
  const result = parse(value);
  return result.type === 'ok';
};

describe('createBodyReader', () => {
  it('reads the plain payload', () => {
    expect(parse(payload)).toEqual({
      type: 'ok',
      payload: expect.any(String),
      event: {
        event: 'deployment.success',
        service: 'Payments-API',
        version: '1.2.3',
        environment: 'production',
        owner: 'platform-team',
        catalogRefresh: true,
      },
    });
  });

  it('reads what may be added to it, and leaves alone what it does not know', () => {
    expect(
      parse({
        event: 'deployment.removed',
        service: 'payments',
        version: 'v2',
        metadata: { environment: 'eu-west_1.prod', team: 'x' },
        time: '2026-11-22T13:30:00.5+02:00',
        sequence: 9_007_199_254_740_991,
        url: 'https://ci.example.com/runs/1?x=y',
        commit: 'abc',
        commitTime: '2026-11-22T12:00:00+02:00',
        build: { number: 1 },
      }),
    ).toEqual({
      type: 'ok',
      payload: expect.any(String),
      event: {
        event: 'deployment.removed',
        service: 'payments',
        version: 'v2',
        environment: 'eu-west_1.prod',
        catalogRefresh: false,
        time: '2026-11-22T11:30:00.500Z',
        sequence: 9_007_199_254_740_991,
        url: 'https://ci.example.com/runs/1?x=y',
        commit: 'abc',
        commitTime: '2026-11-22T10:00:00.000Z',
      },
    });
  });

  it('reads the target within an environment', () => {
    const metadata = { environment: 'production', target: 'eu-west.1' };
    expect(parse({ ...payload, metadata })).toMatchObject({
      event: metadata,
    });
  });

  it.each(['1969-12-31T23:00:00Z', '2030-01-01T00:00:00Z'])(
    'takes the time of a commit from whatever clock: %s',
    commitTime => {
      expect(isEvent({ ...payload, commitTime })).toBe(true);
    },
  );

  it('names every field that is wrong, with its path', () => {
    const result = parse({
      event: 'deployment.done',
      service: '',
      catalog_refresh: 'yes',
      metadata: { owner: 1, environment: 'a b' },
      time: 'yesterday',
      sequence: 1.5,
      url: `${'javascript'}:alert(1)`,
      commit: 7,
      commitTime: 1,
    });
    expect(result.type).toBe('invalid');
    const { message } = result as { message: string };
    const paths = message
      .replace('The event is not valid: ', '')
      .split('; ')
      .map(fault => fault.split(': ')[0]);
    expect(paths).toEqual([
      'event',
      'service',
      'version',
      'catalog_refresh',
      'metadata.owner',
      'metadata.environment',
      'time',
      'sequence',
      'url',
      'commit',
      'commitTime',
    ]);
  });

  it.each([
    [
      { ...payload, event: 'deployment.' },
      'event: must be "deployment.success", ',
    ],
    [{ ...payload, event: undefined }, 'event: '],
    [
      { ...payload, commitTime: '9999-12-31T23:59:59-01:00' },
      'commitTime: must be in the years 0 to 9999',
    ],
    [{ ...payload, event: 1 }, 'event: '],
    [{ ...payload, service: 'a/c' }, 'service: does not name an entity'],
    [{ ...payload, service: 'Long' }, 'service: does not name an entity'],
    [
      { ...payload, service: 'x'.repeat(254) },
      'service: must have at most 253',
    ],
    [
      { ...payload, version: 'x'.repeat(256) },
      'version: must have at most 255',
    ],
    [{ ...payload, version: 'a\nb' }, 'version: must not contain control'],
    [{ ...payload, version: '\u0000' }, 'version: must not contain control'],
    [{ ...payload, version: '\ud800' }, 'version: must not contain control'],
    [
      { ...payload, time: '2026-11-22T12:05:00.001Z' },
      'time: must not be more than 5 minutes ahead',
    ],
    [{ ...payload, time: '2026-11-22T12:00:00' }, 'time: must be an ISO 8601'],
    [{ ...payload, time: '2026-02-30T12:00:00Z' }, 'time: must be an ISO 8601'],
    [{ ...payload, time: '0000-01-01T00:00:00+14:00' }, 'time: '],
    [{ ...payload, time: '1969-12-31T23:59:59Z' }, 'time: must not be before'],
    [{ ...payload, sequence: -1 }, 'sequence: must be a whole number'],
    [{ ...payload, sequence: 2 ** 53 }, 'sequence: must be a whole number'],
    [{ ...payload, sequence: '7' }, 'sequence: must be a whole number'],
    [{ ...payload, sequence: null }, 'sequence: must be a whole number'],
    [{ ...payload, url: '/runs/1' }, 'url: must be an http or https URL'],
    [{ ...payload, url: 'ftp://example.com' }, 'url: must be an http or https'],
    [{ ...payload, metadata: undefined }, 'metadata.environment: is required'],
    [{ ...payload, service: undefined }, 'service: is required'],
    [{ ...payload, version: undefined }, 'version: is required'],
    [{ ...payload, version: ' \u3000' }, 'version: must not be empty or blank'],
    [{ ...payload, version: 'v1\u202e' }, 'version: must not contain control'],
    [{ ...payload, version: 'v1\u2066' }, 'version: must not contain control'],
    [{ ...payload, version: 'v1\u2028' }, 'version: must not contain control'],
    [
      { ...payload, url: 'https://ci:pw@ci.example.com/1' },
      'url: must not contain a user name or a password',
    ],
    [
      { ...payload, url: 'https://token@ci.example.com/1' },
      'url: must not contain a user name or a password',
    ],
    [
      { ...payload, metadata: { environment: 'a'.repeat(47) } },
      'metadata.environment: must have at most 46 characters',
    ],
    [
      { ...payload, metadata: { environment: 'a/b' } },
      'metadata.environment: becomes part of an annotation: letters',
    ],
    [
      { ...payload, metadata: { environment: 'production', target: 'a/b' } },
      'metadata.target: becomes part of an annotation: letters',
    ],
    [
      { ...payload, metadata: { environment: 'production', target: '' } },
      'metadata.target: becomes part of an annotation: letters',
    ],
    [
      {
        ...payload,
        metadata: { environment: 'a'.repeat(40), target: 'a'.repeat(6) },
      },
      'metadata.target: must have, with "environment" and a dot between, at most 46 characters',
    ],
    [[payload], 'the body: must be a map of keys and values, not a list'],
    [null, 'the body: must be a map of keys and values, not null'],
    [{ ...payload, version: 5 }, 'version: must be a string, not a number'],
    [
      { ...payload, catalog_refresh: 'yes' },
      'catalog_refresh: must be true or false, not a string',
    ],
  ])('refuses %j', (value, message) => {
    expect(parse(value)).toEqual({
      type: 'invalid',
      message: expect.stringContaining(message),
    });
  });

  it.each([
    { time: '2026-11-22T12:05:00Z' },
    { sequence: 0 },
    { service: 'A/B' },
    { event: 'deployment.removed', version: undefined },
    { metadata: { environment: 'a-b_c.d' } },
    { metadata: { environment: 'a'.repeat(40), target: 'a'.repeat(5) } },
  ])('takes %j', changes => {
    expect(isEvent({ ...payload, ...changes })).toBe(true);
  });

  it.each([
    ['ping', 'Event "ping" is not about a deployment'],
    ['Deployment.success', 'Event "Deployment.success" is not about'],
    ['', 'The event is not about a deployment'],
    ['<b>\u0000', 'The event is not about a deployment'],
    ['x'.repeat(101), 'The event is not about a deployment'],
  ])('leaves alone what is about something else: %p', (event, reason) => {
    expect(parse({ event, service: 7 })).toEqual({
      type: 'ignored',
      payload: expect.any(String),
      reason: expect.stringContaining(reason),
    });
  });

  it('keeps the text as it was sent', () => {
    const text = '\ufeff{ "event": "ü" }';
    expect(read(Buffer.from(text))).toMatchObject({
      type: 'ignored',
      payload: text,
    });
  });

  it.each([
    Buffer.from(''),
    Buffer.from('{'),
    Buffer.from('event=deployment.success'),
    Buffer.from('v1:1.a.{}'),
    Buffer.from('['.repeat(500_000)),
    Buffer.from([0x22, 0xff, 0x22]),
  ])('refuses what is not JSON in UTF-8, without quoting it', body => {
    expect(read(body)).toEqual({
      type: 'invalid',
      message: 'The body is not JSON in UTF-8',
    });
  });

  it('withstands any JSON', () => {
    fc.assert(
      fc.property(fc.jsonValue(), value => {
        expect(parse({ ...payload, metadata: value }).type).toBe('invalid');
        expect(isEvent(value)).toBe(false);
      }),
    );
  });
});
