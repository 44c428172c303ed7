const { InvalidArgumentError, Option } = require('commander');

/* The commands against a backend: how sources are doing, what waits, what runs where. */

const STATES = [
  'pending',
  'held',
  'done',
  'unmatched',
  'superseded',
  'ignored',
  'failed',
  'dead',
];

const JSON_OPTION = ['--json', 'the answer as JSON'];
const SOURCE = ['<name>', 'the source'];

function addBackendCommands(program, run) {
  addSourceCommands(program, run);
  addPlanCommands(program, run);
  addDeliveryCommands(program, run);

  program
    .command('explain')
    .description('show which record and expressions an entity comes from')
    .argument('<ref>', 'the entity, such as component:default/payments-api')
    .option(...JSON_OPTION)
    .action(run('backend/explain', 'explain'));
}

function addSourceCommands(program, run) {
  list(program.command('sources'))
    .description('show how sources are doing, or one of them in full')
    .argument('[name]', 'the source')
    .option('--check', 'exit with 1 if a source needs attention')
    .action(run('backend/sources', 'sources'));

  list(program.command('problems'))
    .description('show the present problems of a source')
    .argument(...SOURCE)
    .option('--check', 'exit with 1 if there are errors; warnings are none')
    .action(run('backend/sources', 'problems'));

  program
    .command('sync')
    .description('start a run of a source, or sync one record')
    .argument(...SOURCE)
    .option('--record <id>', 'fetch and apply this record only')
    .option('--force', 'end a back-off first')
    .option(
      '--wait',
      'until the run has ended; exit with 1 if it failed or held something',
    )
    .option(...JSON_OPTION)
    .action(run('backend/sources', 'sync'));

  program
    .command('dry-run')
    .description('show what the next run of a source would do, and do nothing')
    .argument(...SOURCE)
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
    .option(...JSON_OPTION)
    .action(run('backend/dryRun', 'dryRun'));
}

function addPlanCommands(program, run) {
  list(program.command('plan'))
    .description('show what a source holds until somebody decides')
    .argument(...SOURCE)
    .action(run('backend/plan', 'plan'));

  for (const action of ['approve', 'reject']) {
    program
      .command(action)
      .description(`${action} the plan of a source`)
      .argument(...SOURCE)
      .argument(
        '[hash]',
        'the hash of the plan; without it the plan is shown, and nothing decided',
      )
      .option(...JSON_OPTION)
      .action(run('backend/plan', 'decide'));
  }
}

function addDeliveryCommands(program, run) {
  filters(list(program.command('deliveries')), 'when it was received')
    .description('show what senders posted, or one delivery in full')
    .argument('[id]', 'the delivery')
    .addOption(new Option('--state <state>', 'its state').choices(STATES))
    .action(run('backend/deliveries', 'deliveries'));

  program
    .command('redeliver')
    .description('process a delivery again')
    .argument('<id>', 'the delivery')
    .option(...JSON_OPTION)
    .action(run('backend/deliveries', 'redeliver'));

  filters(list(program.command('deployments')), 'when it happened')
    .description('show what runs where')
    .option('--entity <ref...>', 'of these entities')
    .option('--history', 'every event, the latest first')
    .action(run('backend/deliveries', 'deployments'));
}

function list(command) {
  return command
    .option(...JSON_OPTION)
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
