const { InvalidArgumentError, Option } = require('commander');

/* The commands against a backend: how sources are doing, what waits, what runs where. */

const STATES = [
  'pending',
  'done',
  'unmatched',
  'superseded',
  'ignored',
  'failed',
  'dead',
];

function addBackendCommands(program, run) {
  addSourceCommands(program, run);
  addDryRunCommand(program, run);
  addDecisionCommands(program, run);
  addDeliveryCommands(program, run);
  addEntityCommands(program, run);
}

function addSourceCommands(program, run) {
  list(program.command('sources'))
    .description('show how sources are doing, or one of them in full')
    .argument('[name]', 'the source')
    .option('--check', 'exit with 1 if a source needs attention')
    .action(run('backend/sources'));

  list(program.command('problems'))
    .description('show the present problems of a source')
    .argument('<name>', 'the source')
    .option('--check', 'exit with 1 if there are errors; warnings are none')
    .action(run('backend/problems'));

  program
    .command('sync')
    .description('start a run of a source, or sync one record')
    .argument('<name>', 'the source')
    .option('--record <id>', 'fetch and apply this record only')
    .option('--force', 'end a back-off first')
    .option(
      '--wait',
      'until the run has ended; exit with 1 if it failed or held something',
    )
    .addOption(json())
    .action(run('backend/sync'));
}

function addDryRunCommand(program, run) {
  program
    .command('dry-run')
    .description('show what the next run of a source would do, and do nothing')
    .argument('<name>', 'the source')
    .option(
      '--candidate <file>',
      'a mapping to use in place of its own: a block of a source, or a configuration that has one',
    )
    .option('--data <file>', 'an answer of the API in a file, not a request')
    .option(
      '--limit <number>',
      'how much of each list to show',
      wholeNumber,
      50,
    )
    .option('--save <file>', 'write what it would do into a file')
    .option(
      '--expect <file>',
      'exit with 1 if it would do anything else than such a file says',
    )
    .addOption(json())
    .action(run('backend/dryRun'));
}

function addDecisionCommands(program, run) {
  list(program.command('plan'))
    .description('show what a source holds until somebody decides')
    .argument('<name>', 'the source')
    .action(run('backend/plan'));

  for (const action of ['approve', 'reject']) {
    program
      .command(action)
      .description(`${action} the plan of a source`)
      .argument('<name>', 'the source')
      .argument(
        '[hash]',
        'the hash of the plan; without it the plan is shown, and nothing decided',
      )
      .addOption(json())
      .action(run('backend/decide'));
  }
}

function addDeliveryCommands(program, run) {
  filters(list(program.command('deliveries')), 'when it was received')
    .description('show what senders posted, or one delivery in full')
    .argument('[id]', 'the delivery')
    .addOption(new Option('--state <state>', 'its state').choices(STATES))
    .action(run('backend/deliveries'));

  program
    .command('redeliver')
    .description('process a delivery again')
    .argument('<id>', 'the delivery')
    .addOption(json())
    .action(run('backend/redeliver'));
}

function addEntityCommands(program, run) {
  filters(list(program.command('deployments')), 'when it happened')
    .description('show what runs where')
    .option('--entity <ref...>', 'of these entities')
    .option('--history', 'every event, the latest first')
    .action(run('backend/deployments'));

  program
    .command('explain')
    .description('show which record and expressions an entity comes from')
    .argument('<ref>', 'the entity, such as component:default/payments-api')
    .addOption(json())
    .action(run('backend/explain'));
}

function json() {
  return new Option('--json', 'the answer as JSON');
}

function list(command) {
  return command
    .addOption(json())
    .option('--limit <number>', 'how many items to show', wholeNumber, 50)
    .option('--all', 'show all items');
}

function filters(command, when) {
  return command
    .option('--sender <name>', 'from this sender')
    .option('--service <name>', 'as the sender names it')
    .option('--environment <name>', 'with all of its targets')
    .option('--target <name>', 'to this target')
    .option('--since <time>', `${when}, such as 2026-11-22T12:00:00Z`)
    .option('--until <time>', 'before this time');
}

function wholeNumber(value) {
  const number = Number(value);
  if (!/^\d+$/.test(value) || !Number.isSafeInteger(number)) {
    throw new InvalidArgumentError('It is no whole number.');
  }
  return number;
}

module.exports = { addBackendCommands, wholeNumber };
