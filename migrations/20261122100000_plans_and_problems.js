/*
 * Held removals that a person decides on, problems while they last, and pausing
 * at run time. Times and refs as in the first migration.
 */

/** @param {import('knex').Knex} knex */
exports.up = async function up(knex) {
  await knex.schema.createTable('custom_data_plans', table => {
    table.comment('Held removals, by hash of the refs that they would remove');
    table.string('source', 63).notNullable();
    table.string('hash', 64).notNullable();
    table.text('reason').notNullable().comment('Why the removals were held');
    table.string('created_at', 24).notNullable();
    table
      .string('last_seen_at', 24)
      .notNullable()
      .comment('When a run last wanted it, to within an hour');
    table.string('expires_at', 24).notNullable();
    table
      .string('state', 16)
      .notNullable()
      .comment('pending, approved, rejected, void or applied');
    table.integer('entity_count').notNullable();
    table.string('decided_by', 255);
    table.string('decided_at', 24);
    table.primary(['source', 'hash']);
  });

  await knex.schema.createTable('custom_data_plan_refs', table => {
    table.comment('What a plan would remove; forgotten once it is void');
    table.string('source', 63).notNullable();
    table.string('hash', 64).notNullable();
    table.string('entity_ref', 255).notNullable();
    table
      .string('record_id', 255)
      .comment('Null for one that only the catalog knows');
    table.primary(['source', 'hash', 'entity_ref']);
  });

  await knex.schema.createTable('custom_data_problems', table => {
    table.comment('What is wrong with records, while it lasts');
    table.string('source', 63).notNullable();
    table.string('problem_key', 64).notNullable();
    table.string('code', 63).notNullable();
    table.string('severity', 16).notNullable().comment('error or warning');
    table.string('record_id', 255);
    table.string('entity_ref', 255);
    table.text('path');
    table.text('message').notNullable();
    table.string('first_seen_at', 24).notNullable();
    table.string('first_seen_run', 36).notNullable();
    table.primary(['source', 'problem_key']);
  });

  await knex.schema.alterTable('custom_data_sources', table => {
    table.string('paused_by', 255).comment('Who paused it at run time');
    table.string('paused_at', 24);
    table
      .integer('problems_beyond')
      .notNullable()
      .defaultTo(0)
      .comment('Problems that were found and not kept, for their number');
  });
};

/** @param {import('knex').Knex} knex */
exports.down = async function down(knex) {
  await knex.schema.alterTable('custom_data_sources', table => {
    table.dropColumns('paused_by', 'paused_at', 'problems_beyond');
  });
  for (const table of [
    'custom_data_problems',
    'custom_data_plan_refs',
    'custom_data_plans',
  ]) {
    await knex.schema.dropTable(table);
  }
};
