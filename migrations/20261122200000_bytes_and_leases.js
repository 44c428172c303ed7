/*
 * Records are told apart by the bytes that they came in, the row of an open run
 * is its source's lease, and entities may be taken over. Times and refs as in
 * the first migration.
 */

/** @param {import('knex').Knex} knex */
exports.up = async function up(knex) {
  await knex.schema.alterTable('custom_data_records', table => {
    table
      .string('bytes_hash', 43)
      .comment('Of its bytes in the list; null where they are to be read anew');
  });
  await knex.schema.alterTable('custom_data_entities', table => {
    table
      .text('location_key')
      .comment('Of whom it was taken over from; null for one of our own');
    table.string('owner', 255).comment('Entity ref of its owner');
  });
  // Has them written once more, with their owners.
  await knex('custom_data_contributions').update({ hash: '' });
  await knex.raw(
    'create index custom_data_entities_adopted_idx on custom_data_entities (source) where location_key is not null',
  );
  await knex.schema.alterTable('custom_data_runs', table => {
    table
      .string('lease_expires_at', 24)
      .comment('Of an open run: when it is taken for dead');
  });
  await knex('custom_data_runs')
    .where({ outcome: 'running' })
    .update({ outcome: 'abandoned' });
  await knex.raw(
    "create unique index custom_data_runs_open_uniq on custom_data_runs (source) where outcome = 'running'",
  );
  await knex.schema.alterTable('custom_data_sources', table => {
    table.dropColumns('lease_holder', 'lease_expires_at');
    table.text('page_validators').comment('JSON: those of a list in pages');
  });
  await knex.schema.alterTable('custom_data_problems', table => {
    table.text('value').comment('What it stumbled on, as JSON; never logged');
    table
      .text('claim')
      .comment(
        'JSON: of a conflict in the catalog, what tells whether it lasts',
      );
  });
};

/** @param {import('knex').Knex} knex */
exports.down = async function down(knex) {
  await knex.schema.alterTable('custom_data_problems', table => {
    table.dropColumns('value', 'claim');
  });
  await knex.schema.alterTable('custom_data_sources', table => {
    table.dropColumns('page_validators');
    table.string('lease_holder', 36);
    table.string('lease_expires_at', 24);
  });
  await knex.raw('drop index custom_data_runs_open_uniq');
  await knex.schema.alterTable('custom_data_runs', table => {
    table.dropColumns('lease_expires_at');
  });
  await knex.raw('drop index custom_data_entities_adopted_idx');
  await knex.schema.alterTable('custom_data_entities', table => {
    table.dropColumns('location_key', 'owner');
  });
  await knex.schema.alterTable('custom_data_records', table => {
    table.dropColumns('bytes_hash');
  });
};
