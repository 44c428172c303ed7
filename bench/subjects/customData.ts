import customData from '../../src';
import { runTask } from '../measure/handScheduler';
import { SOURCE } from './sourceConfig';
import type { SubjectFactory } from './subject';

/** This module, as its users install it. */
export const createCustomData: SubjectFactory = () => ({
  features: [customData],
  run: () => runTask(`custom-data-${SOURCE}-poll`),
});
