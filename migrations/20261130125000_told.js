/*
 * What somebody was told of, until it is over. Times as in the first migration.
 */

/** @param {import('knex').Knex} knex */
exports.up = async function up(knex) {
  await knex.schema.createTable('custom_data_told', table => {
    table.comment('Causes that somebody was told of, until they are over');
    table
      .string('cause', 400)
      .primary()
      .comment('Type and name of the integration, code, id of a credential');
    table.string('since', 24).notNullable();
  });
};

/** @param {import('knex').Knex} knex */
exports.down = async function down(knex) {
  await knex.schema.dropTable('custom_data_told');
};
