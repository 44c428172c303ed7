/*
 * Installs the packed module into a Backstage that is not this repository, and
 * looks at it: `npm run test:install [newest|oldest] [archive]`. It needs the
 * registry, and takes some minutes. With an archive of the package it does not build
 * one. `KEEP=1` leaves the folder where it is.
 */
const { execFile } = require('node:child_process');
const fs = require('node:fs');
const { tmpdir } = require('node:os');
const { join, resolve } = require('node:path');
const { promisify } = require('node:util');
const startPostgres = require('../jestGlobalSetup');
const stopPostgres = require('../jestGlobalTeardown');
const checkPackage = require('./checkPackage');
const { Host } = require('./Host');
const { startOtherwise, takeOut, upgrade } = require('./otherStarts');
const releases = require('./releases');
const { check, counts, say } = require('./report');
const {
  checkAccess,
  checkConfig,
  checkOpenApi,
  configure,
  FILES,
  serveRecords,
  walkThrough,
} = require('./walkThrough');

const { name: NAME } = require('../../package.json');

const PORT = 7421;

const [, , release = 'newest', given] = process.argv;

/** Builds the package, and returns its archive. */
async function pack(folder) {
  await promisify(execFile)('npm', ['pack', '--pack-destination', folder], {
    cwd: join(__dirname, '../..'),
    maxBuffer: 1e8,
  });
  return join(folder, fs.readdirSync(folder)[0]);
}

async function main(folder) {
  const archive = given ? resolve(given) : await pack(folder);
  say(`packed ${archive}`);

  await startPostgres();
  const { BACKSTAGE_TEST_DATABASE_POSTGRES18_CONNECTION_STRING: address } =
    process.env;
  const { hostname, port, username: user, password } = new URL(address);
  const database = { host: hostname, port: Number(port), user, password };
  const host = new Host({ folder, port: PORT, database });
  await host.layOut(releases[release]);
  const copies = await host.copies();
  say(`laid out a backend with ${copies.length} packages of Backstage`);
  await host.yarn('--cwd', 'packages/backend', 'add', archive);
  say('added the package');
  const nested = (await host.copies()).filter(each => !copies.includes(each));
  say(
    `packages of Backstage that came with it: ${nested.join(', ') || 'none'}`,
  );
  if (release === 'newest') {
    const nameOf = file => file.split('node_modules/').at(-1);
    const names = copies.map(nameOf);
    const second = nested.filter(each => names.includes(nameOf(each)));
    check(!second.length, 'one copy of each package of Backstage');
  }
  const { moduleFolder } = host;
  checkPackage(moduleFolder, fs.statSync(archive).size);
  const readme = fs.readFileSync(join(moduleFolder, 'README.md'), 'utf8');
  configure(host, readme);
  await checkConfig(host);

  const knexOf = require(require.resolve('knex', { paths: [folder] }));
  const connect = name =>
    knexOf({ client: 'pg', connection: { ...database, database: name } });
  const api = serveRecords();
  try {
    host.use([...host.plugins, NAME]);
    await host.start(FILES);
    say('started');
    await walkThrough(host, readme);
    await checkAccess(host);
    await checkOpenApi(host);
    await host.stop();
    const knex = connect('backstage_plugin_catalog');
    await takeOut(host, knex);
    await knex.destroy();
    await startOtherwise(host, connect);
    await upgrade(host, connect);
  } finally {
    await host.stop?.();
    api.close();
  }
}

async function run() {
  if (!releases[release]) {
    throw new Error(
      `There is no release "${release}"; choose one of ${Object.keys(
        releases,
      )}`,
    );
  }
  const folder = fs.mkdtempSync(join(tmpdir(), 'test-install-'));
  try {
    await main(folder);
  } catch (error) {
    check(false, error.stack);
  } finally {
    await stopPostgres();
    if (process.env.KEEP) {
      say(`left in ${folder}`);
    } else {
      fs.rmSync(folder, { recursive: true, force: true });
    }
  }
  say(`${release}: ${counts.passed} passed, ${counts.failed} failed`);
  process.exitCode = counts.failed ? 1 : 0;
}

run();
