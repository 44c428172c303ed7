import type { NextList } from './api/process';

/** What the API answers, compared with the run before. */
export const CASES = [
  'first',
  'unchanged',
  'changed-0.1',
  'changed-1',
  'changed-10',
  'removed-1',
  'unchanged-whole',
] as const;

export type CaseName = (typeof CASES)[number];

/** How the list differs in each case. The last one leaves no ETag behind, so it comes last. */
export const NEXT_LIST: Record<CaseName, NextList> = {
  first: { validators: true },
  unchanged: { validators: true },
  'changed-0.1': { changed: 0.001, validators: true },
  'changed-1': { changed: 0.01, validators: true },
  'changed-10': { changed: 0.1, validators: true },
  'removed-1': { removed: 0.01, validators: true },
  'unchanged-whole': { validators: false },
};
