import { auth } from './auth';
import { formatKey, parse } from './fault';

const read = (value: unknown) => parse(auth, value, ['auth']);

const oauth2 = {
  type: 'oauth2',
  tokenUrl: 'https://login.example.com/token',
  clientId: 'backstage',
  clientSecret: 'hush',
};

describe('auth', () => {
  it.each([
    { type: 'basic', username: 'u', password: 'p:with colon' },
    { type: 'bearer', token: 'abc.def' },
    oauth2,
    { ...oauth2, scope: 'a b', audience: 'https://x' },
  ])('reads %j', value => {
    expect(read(value)).toEqual({ type: 'ok', value });
  });

  it('takes the blanks off a token', () => {
    expect(read({ type: 'bearer', token: ' abc\n' })).toMatchObject({
      value: { token: 'abc' },
    });
  });

  it.each([
    ['auth.type', {}, 'is missing'],
    ['auth.type', { type: 'hush' }, '"basic", "bearer", "oauth2"'],
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
  ])('finds fault with %s in %j, and tells no secret', (key, value, text) => {
    const parsed = read(value);
    const faults = parsed.type === 'faulty' ? parsed.faults : [];
    expect(faults.map(({ path }) => formatKey(path))).toEqual([key]);
    expect(faults[0].reason).toContain(text);
    expect(faults[0].reason).not.toContain('hush');
  });
});
