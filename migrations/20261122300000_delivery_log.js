/*
 * Deliveries keep what was sent and each attempt at settling them, can be
 * delivered again, and are found by what people ask for; what a sender orders
 * itself has a head of its own; senders can be paused. Times as in the first
 * migration.
 */

const isPostgres = knex => knex.client.config.client === 'pg';

/** @param {import('knex').Knex} knex */
exports.up = async function up(knex) {
  await knex.schema.alterTable('custom_data_deliveries', table => {
    table
      .text('payload', 'longtext')
      .notNullable()
      .defaultTo('')
      .comment('As it was sent; empty for one from before it was kept');
    table.text('headers').notNullable().defaultTo('{}').comment('JSON');
    table
      .string('queued_at', 24)
      .comment('When somebody last had it delivered again');
    table
      .integer('attempts_before')
      .notNullable()
      .defaultTo(0)
      .comment('Attempts before that');
    table.string('claimed_at', 24).comment('When its last attempt began');
    table
      .integer('attempts_lost')
      .notNullable()
      .defaultTo(0)
      .comment('Attempts since queued_at of which nothing more was heard');
  });
  if (isPostgres(knex)) {
    // It is read once or never: no time goes into compressing it.
    await knex.raw(
      'alter table custom_data_deliveries alter column payload set storage external',
    );
  }
  await createDeliveryIndexes(knex);
  await knex.schema.createTable('custom_data_delivery_attempts', table => {
    table.comment('Attempts at settling deliveries that came to an end');
    table.string('delivery_id', 36).notNullable();
    table.integer('attempt').notNullable();
    table.string('started_at', 24).notNullable();
    table.string('ended_at', 24).notNullable();
    table.string('state', 16).notNullable();
    table.text('reason');
    table.primary(['delivery_id', 'attempt']);
  });

  await knex.raw(
    'alter table custom_data_deployments rename column sequence to arrival',
  );
  await knex.schema.alterTable('custom_data_deployments', table => {
    table.bigInteger('sequence').comment("The sender's own order");
    table.index(['event_at', 'arrival'], 'custom_data_deployments_time_idx');
  });
  await replaceHeads(knex, {
    columns: table => {
      table.string('lane', 16).notNullable().comment('sequence or time');
      table.bigInteger('arrival').notNullable();
      table
        .string('changed_at', 24)
        .notNullable()
        .comment("When it was written, by the database's clock");
      table.index(['changed_at'], 'custom_data_deployment_heads_changed_idx');
    },
    key: ['service_key', 'sender', 'environment', 'lane'],
    // All were ordered by time until now, and the key ends in the arrival.
    values: {
      order_key: 'order_key',
      lane: "'time'",
      arrival: 'cast(substr(order_key, 26) as bigint)',
      // Read all the same: a process begins with all there are.
      changed_at: 'event_at',
    },
    from: old => old,
  });

  await knex.schema.createTable('custom_data_senders', table => {
    table.comment('Senders that were paused at run time');
    table.string('sender', 63).primary();
    table.string('paused_by', 255).notNullable();
    table.string('paused_at', 24).notNullable();
  });
  await knex.schema.createTable('custom_data_sender_secrets', table => {
    table.comment('Which secrets are in use');
    table.string('sender', 63).notNullable();
    table.string('secret_id', 63).notNullable();
    table.string('last_used_at', 24).notNullable();
    table.primary(['sender', 'secret_id']);
  });
};

/** @param {import('knex').Knex} knex */
exports.down = async function down(knex) {
  await knex.schema.dropTable('custom_data_sender_secrets');
  await knex.schema.dropTable('custom_data_senders');
  await replaceHeads(knex, {
    columns: () => {},
    key: ['service_key', 'sender', 'environment'],
    values: {
      order_key: `event_at || '#' || ${
        isPostgres(knex)
          ? "lpad(arrival::text, 19, '0')"
          : "printf('%019d', arrival)"
      }`,
    },
    from: old => `(select *, row_number() over (
      partition by service_key, sender, environment
      order by event_at desc, arrival desc) as place from ${old}) as r
      where place = 1`,
  });
  await knex.schema.alterTable('custom_data_deployments', table => {
    table.dropIndex([], 'custom_data_deployments_time_idx');
    table.dropColumns('sequence');
  });
  await knex.raw(
    'alter table custom_data_deployments rename column arrival to sequence',
  );
  await knex.schema.dropTable('custom_data_delivery_attempts');
  await dropDeliveryIndexes(knex);
  await knex.schema.alterTable('custom_data_deliveries', table => {
    table.dropColumns(
      'payload',
      'headers',
      'queued_at',
      'attempts_before',
      'claimed_at',
      'attempts_lost',
    );
  });
};

/** @param {import('knex').Knex} knex */
async function createDeliveryIndexes(knex) {
  await knex.schema.alterTable('custom_data_deliveries', table => {
    table.dropIndex([], 'custom_data_deliveries_due_idx');
    table.dropIndex([], 'custom_data_deliveries_service_idx');
  });
  // What is settled for good costs nothing in there.
  await knex.raw(
    'create index custom_data_deliveries_due_idx on custom_data_deliveries (due_at, sequence) where due_at is not null',
  );
  // Beginning with the service, so that it is found whoever tells of it.
  await knex.schema.alterTable('custom_data_deliveries', table => {
    table.index(
      ['service_key', 'environment', 'sender', 'sequence'],
      'custom_data_deliveries_service_idx',
    );
  });
  // What people look for and is rare: neither what comes in nor what is done.
  await knex.raw(
    "create index custom_data_deliveries_state_idx on custom_data_deliveries (state, sequence) where state in ('unmatched', 'superseded', 'ignored', 'failed', 'dead')",
  );
  // The services of these, without a look at the deliveries.
  await knex.raw(
    "create index custom_data_deliveries_unmatched_idx on custom_data_deliveries (sender, service_key, sequence) where state = 'unmatched'",
  );
  // Rows stand in the order of their times, nearly: a summary of each block of
  // pages does, and costs a delivery nothing.
  await knex.raw(
    `create index custom_data_deliveries_received_idx on custom_data_deliveries ${
      isPostgres(knex) ? 'using brin ' : ''
    }(received_at)`,
  );
}

/** @param {import('knex').Knex} knex */
async function dropDeliveryIndexes(knex) {
  for (const name of ['received', 'unmatched', 'state', 'service', 'due']) {
    await knex.raw(`drop index custom_data_deliveries_${name}_idx`);
  }
  await knex.schema.alterTable('custom_data_deliveries', table => {
    table.index(['due_at'], 'custom_data_deliveries_due_idx');
    table.index(
      ['sender', 'service_key', 'environment', 'sequence'],
      'custom_data_deliveries_service_idx',
    );
  });
}

/**
 * Makes the table of heads anew with other columns and another key, which
 * SQLite cannot change. `values` says what becomes of its columns that are not
 * taken as they are.
 *
 * @param {import('knex').Knex} knex
 */
async function replaceHeads(knex, { columns, key, values, from }) {
  const heads = 'custom_data_deployment_heads';
  const old = `${heads}_old`;
  await knex.raw(`create table ${old} as select * from ${heads}`);
  await knex.schema.dropTable(heads);
  await knex.schema.createTable(heads, table => {
    table.comment('What runs now: the newest of the history, written with it');
    table.string('service_key', 255).notNullable();
    table.string('sender', 63).notNullable();
    table.string('environment', 63).notNullable();
    table.string('status', 16).notNullable();
    table.string('version', 255).notNullable();
    table.string('event_at', 24).notNullable();
    table.string('delivery_id', 36).notNullable();
    table
      .string('order_key', 64)
      .notNullable()
      .comment('What orders a lane, then order of arrival: sorts as text');
    columns(table);
    table.primary(key);
  });
  const same =
    'service_key, sender, environment, status, version, event_at, delivery_id';
  await knex.raw(
    `insert into ${heads} (${same}, ${Object.keys(values).join(', ')})
     select ${same}, ${Object.values(values).join(', ')} from ${from(old)}`,
  );
  await knex.schema.dropTable(old);
}
