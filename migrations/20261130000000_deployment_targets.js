/*
 * A deployment may name a target beside its environment. The column
 * `environment` has both then, as the annotation does (`production.eu`): so the
 * keys stay as they are, and a version that knows no targets goes on working.
 */

const TABLES = [
  'custom_data_deliveries',
  'custom_data_deployments',
  'custom_data_current_deployments',
];

/** @param {import('knex').Knex} knex */
exports.up = async function up(knex) {
  for (const table of TABLES) {
    await knex.raw(
      `alter table ${table} add column target varchar(63) not null default ''`,
    );
  }
};

/** @param {import('knex').Knex} knex */
exports.down = async function down(knex) {
  for (const table of TABLES) {
    await knex.raw(`alter table ${table} drop column target`);
  }
};
