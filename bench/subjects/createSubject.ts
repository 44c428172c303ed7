import type { SubjectName } from './names';
import type { SubjectFactory } from './subject';

/*
 * Loaded only where it is measured: code that does not start, or memory that
 * it takes, is nobody else's.
 */
const FACTORIES: Record<SubjectName, () => SubjectFactory> = {
  module: () => require('./customData').createCustomData,
  full: () => require('./fullMutation').createFullMutation,
  incremental: () => require('./incremental').createIncremental,
  bare: () => require('./bare').createBare,
};

export const createSubject = (
  name: SubjectName,
  ...args: Parameters<SubjectFactory>
) => FACTORIES[name]()(...args);
