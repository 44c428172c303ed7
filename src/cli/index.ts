/*
 * The commands, for the build. bin/ loads each file by itself, so that no
 * command waits for the packages of another.
 */
export * from './backend/deliveries';
export * from './backend/dryRun';
export * from './backend/explain';
export * from './backend/plan';
export * from './backend/sources';
export { run as tryMapping } from './try';
export { run as validateFiles } from './validate';
export * from './webhooks/send';
export * from './webhooks/sign';
export * from './webhooks/verify';
// bin/candidate.js loads it.
export { serveCandidate } from '../wiring/candidate/serveCandidate';
