/*
 * Snapshots of entities, in parts of compressed lines. Times and refs as in the
 * first migration.
 */

/** @param {import('knex').Knex} knex */
exports.up = async function up(knex) {
  await knex.schema.createTable('custom_data_snapshots', table => {
    table.comment('What the catalog was given, at one time');
    table.string('id', 36).primary();
    table
      .string('source', 63)
      .comment('Whose entities; null for those of all, and of other owners');
    table
      .string('namespace', 63)
      .comment('Of which namespace; null for those of all');
    table.string('origin', 16).notNullable().comment('taken or imported');
    table.text('reason').notNullable();
    table.string('by', 255).notNullable();
    table.string('created_at', 24).notNullable();
    table.integer('entity_count').notNullable();
    table
      .string('digest', 64)
      .comment('SHA-256 of the lines of all parts; null until all are there');
    table.index(['created_at'], 'custom_data_snapshots_created_idx');
  });
  await knex.schema.createTable('custom_data_snapshot_parts', table => {
    table.string('id', 36).notNullable();
    table.integer('number').notNullable();
    table
      .binary('blob')
      .notNullable()
      .comment('Lines of JSON, one for each entity; compressed by zlib');
    table.primary(['id', 'number']);
  });
};

/** @param {import('knex').Knex} knex */
exports.down = async function down(knex) {
  await knex.schema.dropTable('custom_data_snapshot_parts');
  await knex.schema.dropTable('custom_data_snapshots');
};
