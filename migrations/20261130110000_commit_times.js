/*
 * The time of a deployment's commit, for the lead time of changes.
 */

const TABLE = 'custom_data_deployments';

/** @param {import('knex').Knex} knex */
exports.up = async function up(knex) {
  await knex.schema.alterTable(TABLE, table => {
    table.string('commit_at', 24);
  });
};

/** @param {import('knex').Knex} knex */
exports.down = async function down(knex) {
  await knex.raw(`alter table ${TABLE} drop column commit_at`);
};
