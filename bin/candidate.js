/*
 * Forked by the backend for a mapping that came with a request: it runs here,
 * with limits of memory and time, and without a secret in its environment.
 */
const { existsSync } = require('node:fs');
const { resolve } = require('node:path');

const PATH = 'wiring/candidate/serveCandidate';

/** A checkout has the source code, and needs no build. */
function load() {
  if (!existsSync(resolve(__dirname, '../src'))) {
    return require(`../dist/${PATH}.cjs.js`);
  }
  require('@backstage/cli/config/nodeTransform.cjs');
  return require(`../src/${PATH}`);
}

load().serveCandidate();
