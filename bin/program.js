const { Argument, Command, CommanderError } = require('commander');
const { addBackendCommands, wholeNumber } = require('./backendCommands');
const { addWebhookCommands } = require('./webhookCommands');

/*
 * The commands and their options, in code that loads at once: `--help` must not
 * wait for Backstage's packages. What a command does stands in a file of src/cli,
 * which is loaded when it runs.
 */

const FAILED = 2;

function createProgram(run) {
  const program = new Command('catalog-custom-data')
    .description('Write and check what the custom-data module reads.')
    .version(require('../package.json').version)
    // After a command, options are its own: send has a --version of an event.
    .enablePositionalOptions()
    .helpCommand(false)
    .showHelpAfterError('(--help shows the commands and options)');

  program
    .command('try')
    .description('show what the records of a source become, without a backend')
    .requiredOption(
      '--source <name>',
      'the source, by its key in the configuration',
    )
    .option(
      '--config <file>',
      'a configuration file, may be repeated (default: app-config.yaml, and app-config.local.yaml if it exists)',
      collect,
    )
    .option('--record <id>', 'a single record, from the recordUrl')
    .option('--file <file>', 'an answer of the API in a file, not a request')
    .option(
      '--limit <number>',
      'how many records to show in full',
      wholeNumber,
      3,
    )
    .option('--watch', 'do it again whenever one of the files changes')
    .action(run('try'));

  program
    .command('validate')
    .description('check catalog-info.yaml files, without a backend')
    .argument(
      '[path...]',
      'files, directories with catalog-info.yaml files in them, or patterns such as "**/*.yaml" (default: the working directory)',
    )
    .option(
      '--path <path>',
      'the same as an argument, may be repeated',
      collect,
    )
    .option(
      '--config <file>',
      'rules of your own (default: .catalog-check.yaml, here or in a directory above)',
    )
    .option('--strict-refs', 'take refs for errors that no file gives')
    .option('--catalog <url>', 'ask this backend for refs that no file gives')
    .option('--format <format>', 'text, json, github, junit or sarif', 'text')
    .option('--max-warnings <number>', 'fail if there are more warnings')
    .action(run('validate'));

  addBackendCommands(program, run);
  addWebhookCommands(program, run);
  program
    .command('completion')
    .description('print a script for a shell that completes this command line')
    .addArgument(new Argument('<shell>', 'the shell').choices(['bash', 'zsh']))
    .action(shell => {
      const { completionScript } = require('./completion');
      program.configureOutput().writeOut(completionScript(program, shell));
    });

  for (const command of [program, ...program.commands]) {
    addCommonOptions(command);
  }

  return program;
}

/** Options that may stand before a command and after it. */
function addCommonOptions(command) {
  command
    .option(
      '--url <url>',
      'the backend (default: CATALOG_URL, or http://localhost:7007)',
    )
    .option(
      '--token <token>',
      'a Backstage token (default: CATALOG_TOKEN; on a command line, other users of the machine can read it)',
    )
    .option('--verbose', 'show the stack of an error');
}

function collect(value, values = []) {
  return [...values, value];
}

/**
 * Runs a command line, and gives the exit status: 0 if all is well, 1 if there
 * are problems, 2 after a wrong call or if something could not be reached.
 */
async function runProgram({ argv, loadCommand, terminal }) {
  const { stdout, stderr } = terminal;
  let status = 0;
  const program = createProgram((file, name = 'run') => async (...args) => {
    const command = args.pop();
    const options = command.optsWithGlobals();
    try {
      const run = loadCommand(file)[name];
      const call = { name: command.name(), args: command.args };
      status = await run({ ...call, options, terminal });
    } catch (error) {
      const text = options.verbose ? error.stack : error.message;
      stderr.write(`${text}\n`);
      status = FAILED;
    }
  });
  for (const command of [program, ...program.commands]) {
    command.exitOverride().configureOutput({
      writeOut: text => stdout.write(text),
      writeErr: text => stderr.write(text),
    });
  }
  try {
    await program.parseAsync(argv, { from: 'user' });
    return status;
  } catch (error) {
    if (error instanceof CommanderError) {
      return error.exitCode === 0 ? 0 : FAILED;
    }
    throw error;
  }
}

module.exports = { runProgram };
