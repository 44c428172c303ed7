/*
 * Since when there is each credential. Times as in the first migration.
 */

/** @param {import('knex').Knex} knex */
exports.up = async function up(knex) {
  await knex.schema.createTable('custom_data_credentials', table => {
    table.comment('When the configuration first had each credential');
    table.string('type', 16).notNullable().comment('source or sender');
    table.string('name', 63).notNullable().comment('Of the source or sender');
    table.string('credential', 255).notNullable().comment('Never its value');
    table.string('first_seen_at', 24).notNullable();
    table.primary(['type', 'name', 'credential']);
  });
};

/** @param {import('knex').Knex} knex */
exports.down = async function down(knex) {
  await knex.schema.dropTable('custom_data_credentials');
};
