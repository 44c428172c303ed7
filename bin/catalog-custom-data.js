#!/usr/bin/env node
const { existsSync } = require('node:fs');
const { resolve } = require('node:path');
const { runProgram } = require('./program');

/** A checkout has the source code, and needs no build. */
function loadCommand(name) {
  if (!existsSync(resolve(__dirname, '../src/cli'))) {
    return require(`../dist/cli/${name}.cjs.js`);
  }
  require('@backstage/cli/config/nodeTransform.cjs');
  return require(`../src/cli/${name}`);
}

const { stdout, stderr, env } = process;
// Whoever reads it, such as `head`, has seen enough.
stdout.on('error', error => {
  if (error.code !== 'EPIPE') {
    throw error;
  }
  process.exit();
});
const stop = new AbortController();
process.once('SIGINT', () => stop.abort());

runProgram({
  argv: process.argv.slice(2),
  loadCommand,
  terminal: {
    // Not before a command wants it: to open it takes time.
    get stdin() {
      return process.stdin;
    },
    stdout,
    stderr,
    env,
    cwd: process.cwd(),
    signal: stop.signal,
  },
}).then(status => {
  // Not process.exit(), which would cut off what a pipe has not taken yet.
  process.exitCode = status;
});
