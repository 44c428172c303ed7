const { Option } = require('commander');
const { wholeNumber } = require('./backendCommands');

/* The commands for those who send webhooks: they need no token. */

const EVENTS = [
  'deployment.success',
  'deployment.started',
  'deployment.failure',
  'deployment.rollback',
  'deployment.removed',
];

/** Formats of the payload that `send` makes. */
const OWN_DIALECTS = ['catalog', 'standard-webhooks'];
const DIALECTS = [
  ...OWN_DIALECTS,
  'cdevents',
  'flux',
  'github',
  'gitlab',
  'json',
];

const SECRET_FILE =
  'a file with the secret of the sender (default: CATALOG_WEBHOOK_SECRET)';
const ID = 'the id of the delivery (default: made of the body)';

function addWebhookCommands(program, run) {
  addSendCommand(program, run);

  program
    .command('sign')
    .description('print the headers that sign a body, for curl to send')
    .argument('[file]', 'the body (default: standard input)')
    .addOption(dialect(DIALECTS).default('catalog'))
    .option('--secret-file <file>', SECRET_FILE)
    .option('--id <id>', ID)
    .action(run('webhooks/sign', 'sign'));

  program
    .command('verify')
    .description(
      'say whether a signature matches, and why not, without a backend',
    )
    .argument('[file]', 'the body (default: standard input)')
    .option('--headers <file>', 'the headers of the request, one a line')
    .option('--header <header...>', 'a header, such as "webhook-id: 1"')
    .addOption(
      dialect(
        DIALECTS,
        'the dialect (default: what the headers are named for)',
      ),
    )
    .option('--secret-file <file>', SECRET_FILE)
    .option('--at <time>', 'when the request arrived (default: now)')
    .action(run('webhooks/verify', 'verify'));
}

function addSendCommand(program, run) {
  program
    .command('send')
    .description('post a signed deployment event')
    .option(
      '--webhook <url>',
      'where to post it (default: CATALOG_WEBHOOK_URL, or --sender at --url)',
    )
    .option('--sender <name>', 'the sender, in place of --webhook')
    .addOption(dialect(OWN_DIALECTS).default('catalog'))
    .option('--secret-file <file>', SECRET_FILE)
    .requiredOption('--service <name>', 'what was deployed')
    .requiredOption('--environment <name>', 'where to')
    .option('--target <name>', 'where within the environment')
    .option('--version <version>', 'the version; a removal needs none')
    .addOption(
      new Option('--event <event>', 'what happened')
        .choices(EVENTS)
        .default(EVENTS[0]),
    )
    .option('--time <time>', 'when it happened (default: now)')
    .option('--sequence <number>', 'higher for a later event', wholeNumber)
    .option('--commit <commit>', 'shown in the history')
    .option('--commit-time <time>', 'when the commit was made')
    .option('--deployment-url <url>', 'shown in the history')
    .option('--refresh', 'fetch the record of the entity again')
    .option('--id <id>', ID)
    .option('--json', 'the answer as JSON')
    .action(run('webhooks/send', 'send'));
}

function dialect(names, description = 'what the sender is set to') {
  return new Option('--dialect <dialect>', description).choices(names);
}

module.exports = { addWebhookCommands };
