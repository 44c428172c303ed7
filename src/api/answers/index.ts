/*
 * What routes answer with, for the description of the API. Routes make their
 * answers of typed values, so nothing is parsed with these; tests hold every
 * answer against them.
 */
export * from './changes';
export * from './cleanUp';
export { error, listOf } from './common';
export * from './deliveries';
export { dryRun, dryRunLine } from './dryRun';
export { pin } from './pins';
export * from './pushes';
export * from './reference';
export { integration } from './integrations';
export * from './schemas';
export * from './snapshots';
export * from './sources';
