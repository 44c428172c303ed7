#!/usr/bin/env node
const { load } = require('./load');
const { runProgram } = require('./program');

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
  loadCommand: name => load(`cli/${name}`),
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
