import fc from 'fast-check';
import { compileExpression } from '../compileExpression';
import { urlJoin } from './urls';

const evaluate = (text: string) => compileExpression(text).evaluate({});

describe('URLs', () => {
  it.each([
    ['$urlHost("https://Git.example.com:8443/a?b")', 'git.example.com:8443'],
    ['$urlJoin("https://h/base/?q=1", "a b", 7)', 'https://h/base/a%20b/7?q=1'],
    ['$urlJoin("https://h", "a/b", "?#")', 'https://h/a%2Fb/%3F%23'],
    ['$urlJoin("https://h", $split("org/repo", "/"))', 'https://h/org/repo'],
    ['$isHttpUrl("https://h")', true],
    ['$isHttpUrl("HTTP://h/ä")', true],
    ['$isHttpUrl("ftp://h")', false],
    ['$isHttpUrl("javascript:alert(1)")', false],
    ['$isHttpUrl("https:h")', false],
    ['$isHttpUrl("https://h/a b")', false],
    ['$isHttpUrl("//h")', false],
    ['$isHttpUrl(7)', false],
    ['$isHttpUrl({"a": 1})', false],
  ])('%s is %j', async (text, value) => {
    expect(await evaluate(text)).toEqual({ type: 'value', value: value });
  });

  it.each([
    '$urlHost("h/a")',
    '$urlHost("mailto:a@h")',
    '$urlJoin("h", "a")',
    '$urlJoin("https://h", "")',
    '$urlJoin("https://h", "..")',
    '$urlJoin("https://h", [["a"]])',
    '$urlJoin("https://h", {"a": 1})',
    '$urlJoin("https://h", ?)("a")',
  ])('%s fails', async text => {
    expect(await evaluate(text)).toMatchObject({ type: 'failed' });
  });

  it('keep the origin, whatever the parts are', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'binary' })), parts => {
        fc.pre(parts.every(part => !/^\.{0,2}$|\p{Cs}/u.test(part)));
        const url = new URL(urlJoin('https://h:1/a', ...parts)!);
        expect(url.origin).toBe('https://h:1');
        expect(url.pathname.split('/')).toHaveLength(parts.length + 2);
      }),
    );
  });
});
