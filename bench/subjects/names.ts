/** What is compared: this module, its two peers, and what no provider gets round. */
export const SUBJECTS = ['module', 'full', 'incremental', 'bare'] as const;

export type SubjectName = (typeof SUBJECTS)[number];
