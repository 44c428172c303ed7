/*
 * Entities that are pushed: what was accepted and is not in the catalog yet, and
 * writes that met another revision than they expected.
 */

const ENTITIES = 'custom_data_entities';
const CONFLICTS = 'custom_data_conflicts';

/** @param {import('knex').Knex} knex */
exports.up = async function up(knex) {
  await knex.schema.alterTable(ENTITIES, table => {
    table
      .text('pushed', 'longtext')
      .comment(
        'Canonical JSON that the catalog is to get; empty: nothing; null: it has the revision',
      );
    table.string('pushed_by', 255);
  });
  await knex.raw(
    `create index custom_data_entities_pushed_idx on ${ENTITIES} (source) where pushed is not null`,
  );
  await knex.schema.createTable(CONFLICTS, table => {
    table.comment('Writes that expected another revision than there was');
    table.string('conflict_id', 64).primary().comment('Of what it is about');
    table.string('entity_ref', 255).notNullable();
    table.string('source', 63).notNullable();
    table.string('at', 24).notNullable().comment('The last time');
    table.string('by', 255).notNullable();
    table.text('expected').notNullable().comment('The header, as it was sent');
    table.string('current_hash', 64).comment('Null: there was no entity');
    table.text('current', 'longtext').comment('Canonical JSON');
    table.string('given_hash', 64).comment('Null: it was to be removed');
    table.text('given', 'longtext').comment('Canonical JSON');
    table.index(['at', 'conflict_id'], 'custom_data_conflicts_at_idx');
  });
};

/** @param {import('knex').Knex} knex */
exports.down = async function down(knex) {
  await knex.schema.dropTable(CONFLICTS);
  await knex.raw('drop index custom_data_entities_pushed_idx');
  await knex.raw(`alter table ${ENTITIES} drop column pushed`);
  await knex.raw(`alter table ${ENTITIES} drop column pushed_by`);
};
