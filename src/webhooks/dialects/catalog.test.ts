import fc from 'fast-check';
import { createCatalogDialect } from './catalog';

const now = new Date('2026-11-22T12:00:00Z');
const dialect = createCatalogDialect({
  now: () => now,
  serviceFault: service =>
    service.includes('/') ? 'does not name an entity' : undefined,
});
const parse = (value: unknown) => dialect(Buffer.from(JSON.stringify(value)));

const payload = {
  event: 'deployment.success',
  service: 'Payments-API',
  version: '1.2.3',
  catalog_refresh: true,
  metadata: { owner: 'platform-team', environment: 'production' },
};

describe('createCatalogDialect', () => {
  it('reads the payload of the article', () => {
    expect(parse(payload)).toEqual({
      type: 'event',
      event: {
        event: 'deployment.success',
        service: 'Payments-API',
        version: '1.2.3',
        environment: 'production',
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
        url: 'https://ci.example.com/runs/1?x=y',
        commit: 'abc',
        build: { number: 1 },
      }),
    ).toEqual({
      type: 'event',
      event: {
        event: 'deployment.removed',
        service: 'payments',
        version: 'v2',
        environment: 'eu-west_1.prod',
        catalogRefresh: false,
        time: '2026-11-22T11:30:00.500Z',
        url: 'https://ci.example.com/runs/1?x=y',
        commit: 'abc',
      },
    });
  });

  it('names every field that is wrong, with its path', () => {
    const result = parse({
      event: 'deployed',
      service: '',
      catalog_refresh: 'yes',
      metadata: { owner: 1, environment: 'a b' },
      time: 'yesterday',
      url: `${'javascript'}:alert(1)`,
      commit: 7,
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
      'url',
      'commit',
    ]);
  });

  it.each([
    [{ ...payload, service: 'a/b' }, 'service: does not name an entity'],
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
    [{ ...payload, url: '/runs/1' }, 'url: must be an http or https URL'],
    [{ ...payload, url: 'ftp://example.com' }, 'url: must be an http or https'],
    [{ ...payload, metadata: undefined }, 'metadata: '],
    [[payload], 'the body: '],
    [null, 'the body: '],
  ])('refuses %j', (value, message) => {
    expect(parse(value)).toEqual({
      type: 'invalid',
      message: expect.stringContaining(message),
    });
  });

  it('takes a clock that is 5 minutes ahead', () => {
    expect(parse({ ...payload, time: '2026-11-22T12:05:00Z' }).type).toBe(
      'event',
    );
  });

  it.each(['a'.repeat(46), 'A', '0', 'a-b_c.d'])(
    'takes environment %p, which fits into an annotation',
    environment => {
      expect(parse({ ...payload, metadata: { environment } }).type).toBe(
        'event',
      );
    },
  );

  it.each(['a'.repeat(47), '', '-a', 'a.', 'a/b', 'ä', 'a\n', '__proto__'])(
    'refuses environment %p and says why',
    environment => {
      expect(parse({ ...payload, metadata: { environment } })).toEqual({
        type: 'invalid',
        message: expect.stringMatching(
          /metadata\.environment: (must have at most 46 characters|becomes part of an annotation: letters)/,
        ),
      });
    },
  );

  it.each([
    Buffer.from(''),
    Buffer.from('{'),
    Buffer.from('event=deployment.success'),
    Buffer.concat([
      Buffer.from('{"service":"'),
      Buffer.from([0xff, 0x22, 0x7d]),
    ]),
  ])('refuses what is not JSON in UTF-8 without quoting it', bytes => {
    expect(dialect(bytes)).toEqual({
      type: 'invalid',
      message: 'The body is not JSON in UTF-8',
    });
  });

  it('withstands any bytes and any JSON', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), bytes => {
        expect(['event', 'invalid']).toContain(dialect(bytes).type);
      }),
    );
    fc.assert(
      fc.property(fc.jsonValue(), value => {
        expect(parse({ ...payload, metadata: value }).type).toBe('invalid');
      }),
    );
    expect(dialect(Buffer.from('['.repeat(500_000))).type).toBe('invalid');
  });
});
