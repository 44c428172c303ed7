/** @param {import('knex').Knex} knex */
exports.up = async function up(knex) {
  await knex.schema.createTable('custom_data_manifests', table => {
    table.comment('Which Location manifest registered which target');
    table.string('name', 63).notNullable();
    table.string('type', 63).notNullable();
    table.string('target', 2000).notNullable();
    table
      .string('location_ref', 255)
      .notNullable()
      .comment('The Location entity that the catalog makes of the target');
    table.string('registered_by', 255).notNullable();
    table.string('registered_at', 24).notNullable();
    table.primary(['name', 'location_ref']);
  });
  await knex.schema.createTable('custom_data_refreshes', table => {
    table.comment('Refreshes of all managed entities, and how far each came');
    table.string('refresh_id', 36).primary();
    table.string('state', 16).notNullable().comment('running, done or failed');
    table.integer('total').notNullable();
    table.integer('done').notNullable().defaultTo(0);
    table.integer('failed').notNullable().defaultTo(0);
    table.text('error');
    table.string('started_by', 255).notNullable();
    table.string('started_at', 24).notNullable();
    table.string('updated_at', 24).notNullable();
  });
};

/** @param {import('knex').Knex} knex */
exports.down = async function down(knex) {
  await knex.schema.dropTable('custom_data_refreshes');
  await knex.schema.dropTable('custom_data_manifests');
};
