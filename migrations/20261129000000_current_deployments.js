/*
 * The table of what runs is named after it, and its column `lane` after what it
 * holds. When a row was written is not read any more.
 */

const OLD = 'custom_data_deployment_heads';
const NEW = 'custom_data_current_deployments';

const isPostgres = knex => knex.client.config.client === 'pg';

/** @param {import('knex').Knex} knex */
exports.up = async function up(knex) {
  await knex.raw('drop index custom_data_deployment_heads_changed_idx');
  await knex.raw(`alter table ${OLD} drop column changed_at`);
  await knex.raw(`alter table ${OLD} rename column lane to ordering_key`);
  await renameTable(knex, OLD, NEW);
};

/** @param {import('knex').Knex} knex */
exports.down = async function down(knex) {
  await renameTable(knex, NEW, OLD);
  await knex.raw(`alter table ${OLD} rename column ordering_key to lane`);
  await knex.raw(
    `alter table ${OLD} add column changed_at varchar(24) not null default ''`,
  );
  // Where it is read, everything is read first.
  await knex(OLD).update({ changed_at: knex.ref('event_at') });
  await knex.raw(
    `create index custom_data_deployment_heads_changed_idx on ${OLD} (changed_at)`,
  );
};

/**
 * The key's index goes along; on PostgreSQL it has a name of its own.
 *
 * @param {import('knex').Knex} knex
 */
async function renameTable(knex, from, to) {
  await knex.schema.renameTable(from, to);
  if (isPostgres(knex)) {
    await knex.raw(`alter index ${from}_pkey rename to ${to}_pkey`);
  }
}
