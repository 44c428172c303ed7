import type { Problem } from '../../lib/problem';
import { keyProblems } from './problems';

const problem = (message: string, more: Partial<Problem> = {}): Problem => ({
  code: 'entity-invalid',
  severity: 'error',
  recordId: 'a',
  message,
  ...more,
});

const keys = (...problems: Problem[]) => [...keyProblems(problems).keys()];

describe('keyProblems', () => {
  it('gives one key whatever the message, and others elsewhere', () => {
    expect(keys(problem('x'))).toEqual(keys(problem('y')));
    const elsewhere = [
      problem('x'),
      problem('x', { recordId: 'b' }),
      problem('x', { path: 'metadata.name' }),
      problem('x', { entityRef: 'component:default/a' }),
      problem('x', { code: 'kind-not-allowed' }),
    ];
    expect(new Set(elsewhere.flatMap(p => keys(p))).size).toBe(5);
  });

  it('keeps apart several at one place', () => {
    const [first, second] = keys(problem('x'), problem('y'));

    expect(first).not.toBe(second);
    expect(keys(problem('z'))).toEqual([first]);
  });
});
