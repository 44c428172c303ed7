/*
 * Which artifact was deployed, and on what; and deliveries that wait for their
 * paused sender, found by a small index.
 */

const HISTORY = 'custom_data_deployments';
const HELD = 'custom_data_deliveries_held_idx';
const DIGEST = 'custom_data_deployments_digest_idx';

/** @param {import('knex').Knex} knex */
exports.up = async function up(knex) {
  await knex.schema.alterTable(HISTORY, table => {
    table.string('digest', 255);
    table.string('physical_environment', 255);
  });
  await knex.raw(
    `create index ${DIGEST} on ${HISTORY} (digest) where digest is not null`,
  );
  await knex.raw(
    `create index ${HELD} on custom_data_deliveries (sender) where state = 'held'`,
  );
};

/** @param {import('knex').Knex} knex */
exports.down = async function down(knex) {
  await knex.raw(`drop index ${HELD}`);
  await knex.raw(`drop index ${DIGEST}`);
  for (const column of ['digest', 'physical_environment']) {
    await knex.raw(`alter table ${HISTORY} drop column ${column}`);
  }
  // A version without them knows no such state, and processes them.
  await knex('custom_data_deliveries')
    .where({ state: 'held' })
    .update({ state: 'pending', due_at: knex.ref('received_at') });
};
