/*
 * Forked by the backend for a mapping that came with a request: it runs here,
 * with limits of memory and time, and without a secret in its environment.
 */
const { load } = require('./load');

load('wiring/candidate/serveCandidate').serveCandidate();
