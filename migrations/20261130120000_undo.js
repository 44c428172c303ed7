/*
 * What runs changed, so that it can be taken back; plans that take back,
 * restore or clean up; and pins, which keep entities as a person had them set.
 */

/** @param {import('knex').Knex} knex */
exports.up = async function up(knex) {
  await knex.schema.alterTable('custom_data_plans', table => {
    table
      .string('kind', 16)
      .notNullable()
      .defaultTo('held')
      .comment('held, undo, restore or clean-up');
    table
      .string('origin', 255)
      .comment('The run that it undoes, or the snapshot that it restores');
    table.string('created_by', 255).comment('Null for one that a run made');
  });

  await knex.schema.alterTable('custom_data_plan_refs', table => {
    table
      .string('before_hash', 64)
      .comment('Revision that it must have; null: it must not exist');
    table
      .text('entity', 'longtext')
      .comment('Canonical JSON of what it is to be; null removes it');
    table
      .text('pin')
      .comment('JSON: why and until when it is kept so; null: it is not');
  });

  await knex.schema.createTable('custom_data_run_changes', table => {
    table.comment('What a run changed; deleted with the run');
    table.string('run_id', 36).notNullable();
    table.integer('number').notNullable().comment('Of the part, from 0');
    table.integer('count').notNullable().comment('Entities in the part');
    table.binary('changes').notNullable().comment('JSON, deflated');
    table.primary(['run_id', 'number']);
  });

  await knex.schema.createTable('custom_data_pins', table => {
    table.comment('Entities that stay as they are whatever their source says');
    table.string('entity_ref', 255).primary();
    table.string('source', 63).notNullable();
    table.string('record_id', 255).notNullable().comment('That has the entity');
    table
      .text('entity', 'longtext')
      .comment('Canonical JSON; null: it stays absent');
    table.string('hash', 64);
    table.text('reason').notNullable();
    table.string('created_by', 255).notNullable();
    table.string('created_at', 24).notNullable();
    table
      .string('origin', 16)
      .notNullable()
      .comment('Kind of the run that pinned it');
    table.string('until', 24).comment('It counts for nothing from then on');
    table
      .text('wanted', 'longtext')
      .comment('What the source gives; null: nothing');
    table.string('wanted_hash', 64);
    table.string('wanted_record_id', 255).comment('That gives it');
    table.index(['source', 'until'], 'custom_data_pins_source_idx');
  });
};

/** @param {import('knex').Knex} knex */
exports.down = async function down(knex) {
  await knex.schema.dropTable('custom_data_pins');
  await knex.schema.dropTable('custom_data_run_changes');
  for (const column of ['before_hash', 'entity', 'pin']) {
    await knex.raw(`alter table custom_data_plan_refs drop column ${column}`);
  }
  await knex('custom_data_plans').whereNot({ kind: 'held' }).delete();
  for (const column of ['kind', 'origin', 'created_by']) {
    await knex.raw(`alter table custom_data_plans drop column ${column}`);
  }
};
