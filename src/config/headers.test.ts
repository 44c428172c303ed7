import { parse } from './fault';
import { headers } from './headers';

const read = (value: unknown) => parse(headers(), value, ['headers']);

describe('headers', () => {
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
  ])('refuses %s without telling any value', (_what, value) => {
    const parsed = read(value);
    expect(parsed.type).toBe('faulty');
    expect(JSON.stringify(parsed)).not.toMatch(/hush|42424242/);
  });
});
