/*
 * What a clean-up needs to know, and its reports. Times and refs as in the
 * first migration.
 */

const CURRENT_TABLE = 'custom_data_current_deployments';

/** @param {import('knex').Knex} knex */
exports.up = async function up(knex) {
  await knex.schema.createTable('custom_data_list_days', table => {
    table.comment('The days, in UTC, on which a source gave a whole list');
    table.string('source', 63).notNullable();
    table.string('day', 10).notNullable();
    table.primary(['source', 'day']);
  });

  await knex.schema.createTable('custom_data_orphans', table => {
    table.comment(
      'Orphans of the catalog, and when a clean-up first found them',
    );
    table.string('entity_ref', 255).primary();
    table.string('since', 24).notNullable();
  });

  await knex.schema.createTable('custom_data_reports', table => {
    table.comment('What each clean-up found and did');
    table.string('report_id', 36).primary();
    table.string('started_at', 24).notNullable();
    table.string('by', 255).notNullable();
    table.text('counts').notNullable().comment('JSON');
    table.text('content', 'longtext').notNullable().comment('JSON');
    table.index(['started_at'], 'custom_data_reports_started_idx');
  });

  await knex.schema.alterTable(CURRENT_TABLE, table => {
    table.string('owner', 255).comment('As the event names it');
  });
};

/** @param {import('knex').Knex} knex */
exports.down = async function down(knex) {
  await knex.raw(`alter table ${CURRENT_TABLE} drop column owner`);
  for (const table of [
    'custom_data_reports',
    'custom_data_orphans',
    'custom_data_list_days',
  ]) {
    await knex.schema.dropTable(table);
  }
};
