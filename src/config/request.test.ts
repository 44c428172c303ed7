import { formatKey, parse } from './messages';
import {
  auth,
  defaultRecordUrl,
  describeOtherOrigin,
  headers,
  httpUrl,
  overHttp,
  recordUrlTemplate,
} from './request';

function reasonOf(schema: typeof httpUrl, value: string) {
  const parsed = parse(schema, value, []);
  return parsed.type === 'faulty' ? parsed.faults[0].reason : undefined;
}

describe('httpUrl', () => {
  it.each(['https://a.b/c?d=e', 'http://localhost:7007', 'HTTPS://A.B/'])(
    'takes %s',
    url => {
      expect(reasonOf(httpUrl, url)).toBeUndefined();
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
    expect(reasonOf(httpUrl, url)).toMatch(/is not an absolute http/);
  });

  it.each([
    'https://user:hush@a.b/c',
    'https://hush@a.b',
    'htps://user:hush@a.b',
    'a.b/c?key=hush',
  ])('refuses %s without quoting its secret', url => {
    expect(reasonOf(httpUrl, url)).toBeDefined();
    expect(reasonOf(httpUrl, url)).not.toContain('hush');
  });
});

describe('recordUrlTemplate', () => {
  it.each([
    'https://a.b/{id}',
    'https://a.b/c?id={id}',
    'https://a.b/{id}/x/{id}',
  ])('takes %s', url => {
    expect(reasonOf(recordUrlTemplate, url)).toBeUndefined();
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
    expect(reasonOf(recordUrlTemplate, url)).toContain(reason);
  });
});

describe('describeOtherOrigin', () => {
  const url = 'https://a.b/list';

  it.each(['https://a.b/{id}', 'https://a.b:443/{id}', 'https://A.B/{id}'])(
    'accepts the same origin: %s',
    recordUrl => {
      expect(describeOtherOrigin(url, recordUrl)).toBeUndefined();
    },
  );

  it.each(['http://a.b/{id}', 'https://a.b:8443/{id}', 'https://c.b/{id}'])(
    'reports another origin: %s',
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

describe('headers', () => {
  const read = (value: unknown) => parse(headers, value, ['headers']);

  it('takes names and values', () => {
    const value = { Authorization: 'Bearer abc', 'X-Api-Key': 'k' };
    expect(read(value)).toEqual({ type: 'ok', value });
  });

  it.each([
    ['a line break', { Authorization: 'Bearer hush\nX: y' }],
    ['a character beyond Latin-1', { Authorization: 'hush-€' }],
    ['an empty value', { Authorization: '' }],
    ['a scheme without credentials', { Authorization: 'Bearer ' }],
    ['a number', { 'X-Key': 42424242 }],
    ['a value in place of the name', { 'Bearer hush': 'x' }],
    ['a header twice', { accept: 'hush', Accept: 'hush' }],
    ['a list', ['hush']],
    ['a string', 'Authorization: Bearer hush'],
  ])('refuses %s without quoting any value', (_what, value) => {
    const parsed = read(value);
    expect(parsed.type).toBe('faulty');
    expect(JSON.stringify(parsed)).not.toMatch(/hush|42424242/);
  });
});

describe('auth', () => {
  const read = (value: unknown) => parse(auth, value, ['auth']);
  const oauth2 = {
    type: 'oauth2',
    tokenUrl: 'https://login.example.com/token',
    clientId: 'backstage',
    clientSecret: 'hush',
    clientAuthentication: 'client_secret_basic',
  };

  it.each([
    { type: 'basic', username: 'u', password: 'p:with colon' },
    { type: 'bearer', token: 'abc.def' },
    oauth2,
    { ...oauth2, scope: 'a b', audience: 'https://x' },
  ])('reads %j', value => {
    expect(read(value)).toEqual({ type: 'ok', value });
  });

  it('trims a token', () => {
    expect(read({ type: 'bearer', token: ' abc\n' })).toMatchObject({
      value: { token: 'abc' },
    });
  });

  it.each([
    ['auth.type', {}, 'is missing'],
    ['auth.type', { type: 'hush' }, 'must be "basic", "bearer" or "oauth2"'],
    ['auth.token', { type: 'bearer' }, 'environment variable'],
    ['auth.token', { type: 'bearer', token: '' }, 'is empty'],
    ['auth.token', { type: 'bearer', token: 'hush hush' }, 'a blank'],
    ['auth.token', { type: 'bearer', token: 'hush\nX: y' }, 'a line break'],
    ['auth.token', { type: 'bearer', token: 'hush€' }, 'cannot have'],
    ['auth.token', { type: 'bearer', token: 42 }, 'must be a string'],
    ['auth.password', { type: 'basic', username: 'u' }, 'is missing'],
    [
      'auth.password',
      { type: 'basic', username: 'u', password: ' ' },
      'is empty',
    ],
    [
      'auth.username',
      { type: 'basic', username: 'hu:sh', password: 'p' },
      'has a colon',
    ],
    ['auth.clientSecret', { ...oauth2, clientSecret: '' }, 'is empty'],
    ['auth.tokenUrl', { ...oauth2, tokenUrl: '/token' }, 'not an absolute'],
    [
      'auth.tokenUrl',
      { ...oauth2, tokenUrl: 'https://u:hush@x/' },
      'credentials inside the URL',
    ],
    ['auth.scopes', { ...oauth2, scopes: 'hush' }, 'did you mean "scope"?'],
    [
      'auth.password',
      { type: 'bearer', token: 'abc', password: 'hush' },
      'unknown key',
    ],
  ])('reports %s in %j without quoting a secret', (key, value, text) => {
    const parsed = read(value);
    const faults = parsed.type === 'faulty' ? parsed.faults : [];
    expect(faults.map(({ path }) => formatKey(path))).toEqual([key]);
    expect(faults[0].reason).toContain(text);
    expect(faults[0].reason).not.toContain('hush');
  });
});

describe('request', () => {
  it('names the only value that a key can have', () => {
    expect(parse(overHttp.request, { accept: 'octet' }, ['request'])).toEqual({
      type: 'faulty',
      faults: [{ path: ['request', 'accept'], reason: 'must be "any"' }],
    });
  });
});
