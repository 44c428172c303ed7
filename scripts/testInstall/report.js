/*
 * What is said while the test runs, and how many checks passed and failed.
 */
const startedAt = Date.now();
const counts = { passed: 0, failed: 0 };

function say(text) {
  const seconds = Math.round((Date.now() - startedAt) / 1000);
  console.log(`${String(seconds).padStart(4)} s  ${text}`);
}

function check(isRight, what) {
  counts[isRight ? 'passed' : 'failed']++;
  say(`${isRight ? 'ok  ' : 'FAIL'} ${what}`);
}

module.exports = { check, counts, say };
