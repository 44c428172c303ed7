/*
 * Starts of the backend without the module, with it again, with databases and a
 * catalog that are set up otherwise, and over the tables of the version before.
 */
const fs = require('node:fs');
const { join } = require('node:path');
const makeOldTables = require('./oldTables');
const { check } = require('./report');
const {
  blockWith,
  countComponents,
  FILES,
  versionOf,
} = require('./walkThrough');

const { name: NAME } = require('../../package.json');

/** The statements of docs/operations.md that remove what stays behind. */
async function cleanUp(host, knex) {
  const block = blockWith(
    fs.readFileSync(join(host.moduleFolder, 'docs/operations.md'), 'utf8'),
    'drop table',
  );
  await knex.raw(block);
  const { rows } = await knex.raw(
    `select table_name from information_schema.tables where table_name like 'custom_data%'`,
  );
  const [{ count }] = await knex('backstage_backend_tasks__tasks')
    .where('id', 'like', 'custom-data-%')
    .count();
  check(!rows.length && !Number(count), 'the statements leave nothing behind');
}

async function takeOut(host, knex) {
  host.use(host.plugins);
  await host.start([], { 'catalog.orphanProviderStrategy': 'keep' });
  check(
    (await countComponents(host)) === 3,
    'without the module, with orphanProviderStrategy "keep": the entities stay',
  );
  await host.stop();
  await host.start([]);
  check(
    await host.until(async () => (await countComponents(host)) === 0),
    'without the module and without "keep": the entities go',
  );
  await cleanUp(host, knex);
  await host.stop();
  host.use([...host.plugins, NAME]);
  await host.start(FILES);
  check(
    await host.until(async () => (await countComponents(host)) === 3),
    'with the module again: the entities are back',
  );
  await host.stop();
}

/** Databases by schema, a path in the URL, and a catalog that takes no locations. */
async function startOtherwise(host, connect) {
  const knex = connect('postgres');
  await knex.raw('create database one');
  await knex.destroy();
  await host.start(FILES, {
    'backend.baseUrl': `${host.url}/backstage`,
    'backend.database.pluginDivisionMode': 'schema',
    'backend.database.connection.database': 'one',
    'catalog.readonly': true,
  });
  check(
    await host.until(async () => (await countComponents(host)) === 3),
    'pluginDivisionMode "schema", a read-only catalog, a baseUrl with a path: three entities',
  );
  await host.stop();
}

async function upgrade(host, connect) {
  const admin = connect('postgres');
  await admin.raw('drop database backstage_plugin_catalog with (force)');
  await admin.raw('create database backstage_plugin_catalog');
  await admin.destroy();
  const knex = connect('backstage_plugin_catalog');
  await makeOldTables(knex, join(host.moduleFolder, 'migrations'), {
    service: 'ledger',
    environment: 'production',
    version: '0.9.0',
  });
  await knex.destroy();
  await host.start(FILES);
  check(
    await host.until(async () => (await versionOf(host, 'ledger')) === '0.9.0'),
    'over the tables of 0.1.0: what ran then still shows',
  );
  await host.stop();
}

module.exports = { startOtherwise, takeOut, upgrade };
