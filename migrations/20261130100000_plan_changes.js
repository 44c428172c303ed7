/*
 * A plan may hold changes of entities beside removals.
 */

const TABLE = 'custom_data_plan_refs';

/** @param {import('knex').Knex} knex */
exports.up = async function up(knex) {
  await knex.schema.alterTable(TABLE, table => {
    table
      .text('changes')
      .comment('JSON: the fields that would change; null for a removal');
  });
};

/** @param {import('knex').Knex} knex */
exports.down = async function down(knex) {
  await knex(TABLE).whereNotNull('changes').delete();
  await knex.raw(`alter table ${TABLE} drop column changes`);
};
