import { createJudge } from './judgeAnswer';

const answer = (status: number, body = '') => ({
  status,
  head: '',
  body: Buffer.from(body),
});

const UNSIGNED = { signed: false, whole: true };
const SIGNED = { signed: true, whole: true };

describe('createJudge', () => {
  it('finds nothing in what a receiver should do', () => {
    const judge = createJudge();
    expect(judge(UNSIGNED, answer(401, 'no'))).toBeUndefined();
    expect(judge(UNSIGNED, answer(401, 'no'))).toBeUndefined();
    expect(judge(UNSIGNED, answer(413))).toBeUndefined();
    expect(judge(SIGNED, answer(202))).toBeUndefined();
    expect(
      judge(SIGNED, answer(400, '{"error":{"name":"InputError"}}')),
    ).toBeUndefined();
    expect(judge({ signed: false, whole: false }, undefined)).toBeUndefined();
  });

  it.each([
    [SIGNED, answer(503), 'was answered 503'],
    [UNSIGNED, answer(202), 'nobody signed it'],
    [UNSIGNED, answer(200), 'nobody signed it'],
    [
      UNSIGNED,
      answer(400, '{"error":{"name":"InputError"}}'),
      'before it was verified',
    ],
    [SIGNED, answer(401), 'though it is signed'],
    [UNSIGNED, undefined, 'was not answered'],
  ])('finds a fault in %j: %j', (fuzzed, given, fault) => {
    expect(createJudge()(fuzzed, given)).toContain(fault);
  });

  it('finds a 401 that differs from others', () => {
    const judge = createJudge();
    judge(UNSIGNED, answer(401, 'no'));
    expect(judge(UNSIGNED, answer(401, 'No'))).toContain('in other words');
  });
});
