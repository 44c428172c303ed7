/*
 * The commands, for the build. bin/ loads each of them from its own file, so
 * that none waits for the packages of another.
 */
export { run as decide } from './backend/decide';
export { run as deliveries } from './backend/deliveries';
export { run as deployments } from './backend/deployments';
export { run as dryRun } from './backend/dryRun';
export { run as explain } from './backend/explain';
export { run as plan } from './backend/plan';
export { run as problems } from './backend/problems';
export { run as redeliver } from './backend/redeliver';
export { run as sources } from './backend/sources';
export { run as sync } from './backend/sync';
export { run as tryMapping } from './try';
export { run as validateFiles } from './validate';
export { run as send } from './webhooks/send';
export { run as sign } from './webhooks/sign';
export { run as verify } from './webhooks/verify';
// bin/candidate.js loads it.
export { serveCandidate } from '../wiring/candidate/serveCandidate';
