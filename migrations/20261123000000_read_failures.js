/*
 * Whose failures a record that a location reads has: those of another
 * configuration say nothing.
 */

/** @param {import('knex').Knex} knex */
exports.up = async function up(knex) {
  await knex.schema.alterTable('custom_data_read_state', table => {
    table
      .string('failed_fingerprint', 64)
      .comment('Under which the failures came about');
  });
};

/** @param {import('knex').Knex} knex */
exports.down = async function down(knex) {
  await knex.schema.alterTable('custom_data_read_state', table => {
    table.dropColumns('failed_fingerprint');
  });
};
