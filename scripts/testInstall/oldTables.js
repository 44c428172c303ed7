/*
 * Tables as version 0.1.0 made them, with a deployment in them.
 */
const { readdirSync } = require('node:fs');

/** The first migration that 0.1.0 did not have. */
const NEXT = '20261129000000_current_deployments.js';

const AT = '2026-11-22T12:00:00.000Z';

/** `knex` is connected to the catalog's database; `migrations` is the package's folder. */
module.exports = async function makeOldTables(knex, migrations, deployment) {
  const options = {
    directory: migrations,
    tableName: 'custom_data_knex_migrations',
  };
  for (const name of readdirSync(migrations).sort()) {
    if (name < NEXT) {
      await knex.migrate.up({ ...options, name });
    }
  }
  const row = {
    delivery_id: 'of-0.1.0',
    service_key: deployment.service,
    sender: 'ci',
    environment: deployment.environment,
    status: 'success',
    version: deployment.version,
    event_at: AT,
    arrival: 1,
  };
  await knex('custom_data_deployments').insert(row);
  await knex('custom_data_deployment_heads').insert({
    ...row,
    lane: 'time',
    order_key: `${AT}#${'1'.padStart(19, '0')}`,
    changed_at: AT,
  });
};
