/*
 * A token without a digest of its body is for the first body that came with it.
 * Rows are needed until their token expires.
 */

/** @param {import('knex').Knex} knex */
exports.up = async function up(knex) {
  await knex.schema.createTable('custom_data_webhook_tokens', table => {
    table.comment('What the tokens of webhooks were used for');
    table.string('token', 64).primary().comment('Hash of what is signed of it');
    table.string('used_for', 64).notNullable().comment('Hash of the request');
    table.string('ends_at', 24).notNullable();
    table.index(['ends_at'], 'custom_data_webhook_tokens_end_idx');
  });
};

/** @param {import('knex').Knex} knex */
exports.down = async function down(knex) {
  await knex.schema.dropTable('custom_data_webhook_tokens');
};
