/*
 * Since when there is each credential, and who was told of what. Times as in the
 * first migration.
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
  await knex.schema.createTable('custom_data_notices', table => {
    table.comment('What is the matter and was told, until it is over');
    table.string('channel', 16).notNullable().comment('notification or event');
    table.string('cause', 400).notNullable();
    table.string('claimed_at', 24).notNullable();
    table
      .string('told_at', 24)
      .comment('Null while a replica is telling it, or died over it');
    table.primary(['channel', 'cause']);
  });
};

/** @param {import('knex').Knex} knex */
exports.down = async function down(knex) {
  await knex.schema.dropTable('custom_data_notices');
  await knex.schema.dropTable('custom_data_credentials');
};
