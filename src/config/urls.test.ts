import { parse } from './fault';
import {
  defaultRecordUrl,
  describeOtherOrigin,
  httpUrl,
  recordUrlTemplate,
} from './urls';

function reasonOf(schema: ReturnType<typeof httpUrl>, value: string) {
  const parsed = parse(schema, value, []);
  return parsed.type === 'faulty' ? parsed.faults[0].reason : undefined;
}

describe('httpUrl', () => {
  it.each(['https://a.b/c?d=e', 'http://localhost:7007', 'HTTPS://A.B/'])(
    'takes %s',
    url => {
      expect(reasonOf(httpUrl(), url)).toBeUndefined();
    },
  );

  it.each([
    'registry',
    '/metadata',
    'ftp://a.b',
    'file:///etc',
    'https:/a',
    'https://',
  ])('refuses %s', url => {
    expect(reasonOf(httpUrl(), url)).toMatch(/is not an absolute http/);
  });

  it.each([
    'https://user:hush@a.b/c',
    'https://hush@a.b',
    'htps://user:hush@a.b',
    'a.b/c?key=hush',
  ])('refuses %s without telling its secret', url => {
    expect(reasonOf(httpUrl(), url)).toBeDefined();
    expect(reasonOf(httpUrl(), url)).not.toContain('hush');
  });
});

describe('recordUrlTemplate', () => {
  it.each([
    'https://a.b/{id}',
    'https://a.b/c?id={id}',
    'https://a.b/{id}/x/{id}',
  ])('takes %s', url => {
    expect(reasonOf(recordUrlTemplate(), url)).toBeUndefined();
  });

  it.each([
    ['https://a.b/c', 'lacks {id}'],
    ['https://{id}.b/c', 'in its origin'],
    ['https://{id}/c', 'in its origin'],
    ['https://a.b{id}/c', 'in its origin'],
    ['https://a.b/c#{id}', 'in its fragment'],
    ['{id}', 'not an absolute'],
    ['https://{id}@a.b/c', 'credentials inside'],
  ])('refuses %s', (url, reason) => {
    expect(reasonOf(recordUrlTemplate(), url)).toContain(reason);
  });
});

describe('describeOtherOrigin', () => {
  const url = 'https://a.b/list';

  it.each(['https://a.b/{id}', 'https://a.b:443/{id}', 'https://A.B/{id}'])(
    'lets the same origin pass: %s',
    recordUrl => {
      expect(describeOtherOrigin(url, recordUrl)).toBeUndefined();
    },
  );

  it.each(['http://a.b/{id}', 'https://a.b:8443/{id}', 'https://c.b/{id}'])(
    'tells another origin: %s',
    recordUrl => {
      expect(describeOtherOrigin(url, recordUrl)).toContain('as url has');
    },
  );
});

describe('defaultRecordUrl', () => {
  it.each([
    ['https://a.b/c', 'https://a.b/c/{id}'],
    ['https://a.b/c/', 'https://a.b/c/{id}'],
    ['https://a.b', 'https://a.b/{id}'],
    ['https://a.b/c?limit=5#top', 'https://a.b/c/{id}'],
    ['http://a.b:8080/c/?x=/', 'http://a.b:8080/c/{id}'],
  ])('makes of %s the URL %s', (url, recordUrl) => {
    expect(defaultRecordUrl(url)).toBe(recordUrl);
  });
});
