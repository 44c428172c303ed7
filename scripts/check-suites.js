/*
 * Fails when a test file of the package in this folder is not one that Jest
 * runs: a folder missing from Jest's roots would otherwise go unnoticed, and
 * green. `frontend/` is a package of its own.
 */
const { execFileSync } = require('node:child_process');
const { relative } = require('node:path');

const lines = (command, args) =>
  execFileSync(command, args, { encoding: 'utf8' }).trim().split('\n');

const tracked = lines('git', [
  'ls-files',
  '--cached',
  '--others',
  '--exclude-standard',
  '*.test.ts',
  '*.test.tsx',
  '*.test.js',
  ':(exclude)frontend',
]).filter(Boolean);
const run = new Set(
  lines('npx', [
    'backstage-cli',
    'package',
    'test',
    '--watch=false',
    '--listTests',
  ])
    .filter(line => line.startsWith('/'))
    .map(line => relative(process.cwd(), line)),
);
const missed = tracked.filter(file => !run.has(file));

if (tracked.length === 0 || missed.length > 0) {
  console.error(
    `Not run by Jest: ${missed.join(', ') || 'there are no tests'}`,
  );
  process.exit(1);
}
console.log(`${tracked.length} test suites, all of them run by Jest`);
