/*
 * Times are ISO 8601 in UTC with milliseconds, as text of 24 characters: they
 * sort as they should and read the same on SQLite and PostgreSQL. Entity refs
 * and service keys are in lower case.
 */

/** @param {import('knex').Knex} knex */
exports.up = async function up(knex) {
  await knex.schema.createTable('custom_data_sources', table => {
    table.comment('What is known of each source, in the configuration or not');
    table.string('source', 63).primary();
    table
      .string('fingerprint', 64)
      .comment('Of what shapes its entities, at the last whole list');
    table.text('etag');
    table.text('last_modified');
    table.integer('failures').notNullable().defaultTo(0).comment('In a row');
    table.string('retry_at', 24).comment('Left alone until then');
    table.string('lease_holder', 36);
    table.string('lease_expires_at', 24);
  });

  await knex.schema.createTable('custom_data_runs', table => {
    table.comment('Each run of a source');
    table.string('run_id', 36).primary();
    table.string('source', 63).notNullable();
    table
      .string('kind', 16)
      .notNullable()
      .comment('poll, startup, retry, reconcile or record');
    table.string('started_at', 24).notNullable();
    table.string('ended_at', 24);
    table
      .string('outcome', 16)
      .notNullable()
      .comment('running, unchanged, applied, failed or abandoned');
    table.text('counts').comment('JSON');
    table.text('held').comment('Why removals were held');
    table.text('error');
    table
      .text('problems')
      .comment('JSON: the first of what was found in the records');
    table.index(['source', 'started_at'], 'custom_data_runs_source_idx');
  });

  await knex.schema.createTable('custom_data_records', table => {
    table.comment('Each record of a source, as last observed');
    table.string('source', 63).notNullable();
    table.string('record_id', 255).notNullable();
    table
      .string('observed_at', 24)
      .notNullable()
      .comment('When the fetch that saw it began');
    table.string('raw_hash', 64).notNullable();
    table.string('state', 16).notNullable().comment('seen, missing or invalid');
    table.string('missing_since', 24);
    table.primary(['source', 'record_id']);
  });

  await knex.schema.createTable('custom_data_contributions', table => {
    table.comment('The entities that a record gives, as last applied');
    table.string('source', 63).notNullable();
    table.string('record_id', 255).notNullable();
    table.string('entity_ref', 255).notNullable();
    table.string('role', 16).notNullable().comment('base or overlay');
    table.text('entity', 'longtext').notNullable().comment('Canonical JSON');
    table.string('hash', 64).notNullable();
    table.string('run_id', 36).notNullable();
    table.primary(['source', 'record_id', 'entity_ref']);
    table.index(['entity_ref'], 'custom_data_contributions_ref_idx');
  });

  await knex.schema.createTable('custom_data_entities', table => {
    table.comment('Which source owns an entity ref, and the revision applied');
    table.string('entity_ref', 255).primary();
    table.string('source', 63).notNullable();
    table.string('hash', 64).notNullable();
    table.string('applied_at', 24).notNullable();
    table.index(['source'], 'custom_data_entities_source_idx');
  });

  await knex.schema.createTable('custom_data_read_state', table => {
    table.comment('What the processor knows of a record that a location reads');
    table.string('source', 63).notNullable();
    table.string('record_id', 255).notNullable();
    table.string('fingerprint', 64).notNullable();
    table.text('etag');
    table.text('last_modified');
    table.text('entities', 'longtext').comment('JSON: the last good ones');
    table.string('fetched_at', 24);
    table.string('invalidated_at', 24);
    table.integer('failures').notNullable().defaultTo(0);
    table.string('retry_at', 24);
    table.text('error');
    table.primary(['source', 'record_id']);
  });

  await knex.schema.createTable('custom_data_read_refs', table => {
    table.comment('Which entities a record read by a location gave');
    table.string('source', 63).notNullable();
    table.string('record_id', 255).notNullable();
    table.string('entity_ref', 255).notNullable();
    table.primary(['source', 'record_id', 'entity_ref']);
    table.index(['entity_ref'], 'custom_data_read_refs_ref_idx');
  });

  await knex.schema.createTable('custom_data_deliveries', table => {
    table.comment('Webhook deliveries that were verified and understood');
    table.bigIncrements('sequence').comment('Order of arrival');
    table.string('delivery_id', 36).notNullable().unique();
    table.string('sender', 63).notNullable();
    table.string('dedupe_key', 64).notNullable();
    table.string('external_id', 255);
    table.string('digest', 64).notNullable().comment('SHA-256 of the raw body');
    table.string('secret_id', 63).notNullable();
    table.string('dialect', 32).notNullable();
    table.string('service_key', 255).notNullable();
    table.string('environment', 63).notNullable();
    table.text('event').notNullable().comment('JSON');
    table.string('state', 16).notNullable();
    table.text('reason');
    table.integer('attempts').notNullable().defaultTo(0);
    table.string('received_at', 24).notNullable();
    table
      .string('due_at', 24)
      .comment('Null once settled; while claimed, when the claim comes free');
    table.string('ticket', 36);
    table.string('settled_at', 24);
    table.unique(['sender', 'dedupe_key'], {
      indexName: 'custom_data_deliveries_dedupe_uniq',
    });
    table.index(['due_at'], 'custom_data_deliveries_due_idx');
    table.index(
      ['sender', 'service_key', 'environment', 'sequence'],
      'custom_data_deliveries_service_idx',
    );
  });

  await knex.schema.createTable('custom_data_deployments', table => {
    table.comment('Every deployment event, the history of what ran where');
    table.string('delivery_id', 36).primary();
    table.string('sender', 63).notNullable();
    table.string('service_key', 255).notNullable();
    table.string('environment', 63).notNullable();
    table
      .string('status', 16)
      .notNullable()
      .comment('success, started, failure, rollback or removed');
    table.string('version', 255).notNullable();
    table.string('event_at', 24).notNullable();
    table.bigInteger('sequence').notNullable().comment('Order of arrival');
    table.text('url');
    table.text('commit');
    table.index(
      ['service_key', 'environment', 'event_at'],
      'custom_data_deployments_service_idx',
    );
  });

  await knex.schema.createTable('custom_data_deployment_heads', table => {
    table.comment('What runs now: the newest of the history, written with it');
    table.string('service_key', 255).notNullable();
    table.string('sender', 63).notNullable();
    table.string('environment', 63).notNullable();
    table.string('status', 16).notNullable();
    table.string('version', 255).notNullable();
    table.string('event_at', 24).notNullable();
    table
      .string('order_key', 64)
      .notNullable()
      .comment('Event time, then order of arrival: sorts as text');
    table.string('delivery_id', 36).notNullable();
    table.primary(['service_key', 'sender', 'environment']);
  });
};

/** @param {import('knex').Knex} knex */
exports.down = async function down(knex) {
  for (const table of [
    'custom_data_deployment_heads',
    'custom_data_deployments',
    'custom_data_deliveries',
    'custom_data_read_refs',
    'custom_data_read_state',
    'custom_data_entities',
    'custom_data_contributions',
    'custom_data_records',
    'custom_data_runs',
    'custom_data_sources',
  ]) {
    await knex.schema.dropTable(table);
  }
};
