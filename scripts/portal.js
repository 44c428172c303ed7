/*
 * `npm run portal`: the dev backend and the dev app of `frontend/`, so that one
 * can look at them. Installs what is missing first.
 */
const { execFileSync, spawn } = require('node:child_process');
const { existsSync } = require('node:fs');
const { resolve } = require('node:path');

const ROOT = resolve(__dirname, '..');
const FRONTEND = resolve(ROOT, 'frontend');
const APP_URL = 'http://localhost:3000';

for (const folder of [ROOT, FRONTEND]) {
  if (!existsSync(resolve(folder, 'node_modules/.package-lock.json'))) {
    console.log(`Installing the packages of ${folder}`);
    execFileSync('npm', ['ci'], { cwd: folder, stdio: 'inherit' });
  }
}

const parts = [
  start(ROOT, ['start', '--', '--config', 'dev/app-config.portal.yaml']),
  start(FRONTEND, ['start']),
];
// Neither is of use without the other.
for (const part of parts) {
  part.on('exit', () => parts.forEach(other => other.kill()));
}
showAddress();

function start(cwd, args) {
  return spawn('npm', args, { cwd, stdio: 'inherit' });
}

async function showAddress() {
  const urls = [
    APP_URL,
    'http://localhost:7007/.backstage/health/v1/readiness',
  ];
  while (!(await Promise.all(urls.map(answers))).every(Boolean)) {
    await new Promise(done => setTimeout(done, 1000));
  }
  console.log(
    `\nThe portal is at ${APP_URL}/custom-data. Sign in as a guest.\n`,
  );
}

async function answers(url) {
  try {
    return (await fetch(url)).ok;
  } catch {
    return false;
  }
}
