import { InputError } from '@backstage/errors';
import { execFileSync } from 'node:child_process';
import { resolve } from 'node:path';
import { runCli } from './__testUtils__/runCli';

const BIN = resolve(__dirname, '../../bin/catalog-custom-data.js');

/** Runs a script, and lists at its end what it loaded. */
const LIST_MODULES = `
  process.on('exit', () =>
    Object.keys(require.cache).forEach(file => console.log('loaded', file)),
  );
  require(process.argv[1]);
`;

describe('the command line', () => {
  it('shows its help without Backstage’s packages', () => {
    const output = execFileSync(
      process.execPath,
      ['--eval', LIST_MODULES, BIN, '--help'],
      { encoding: 'utf8' },
    );
    const [usage] = output.split('\n');
    expect(usage).toBe('Usage: catalog-custom-data [options] [command]');
    const loaded = output.match(/^loaded .*$/gm)!;
    expect(loaded.filter(file => !file.includes('/commander/'))).toEqual([
      expect.stringContaining('bin/catalog-custom-data.js'),
      expect.stringContaining('bin/load.js'),
      expect.stringContaining('bin/program.js'),
      expect.stringContaining('bin/backendCommands.js'),
      expect.stringContaining('bin/webhookCommands.js'),
      expect.stringContaining('package.json'),
    ]);
  });

  it.each([
    [['tri'], "unknown command 'tri'"],
    [['try'], "required option '--source <name>' not specified"],
    [['try', '--source', 'a', '--sauce'], "unknown option '--sauce'"],
  ])(
    'answers the wrong call %j with status 2 and what is wrong',
    async (argv, text) => {
      const { status, stderr } = await runCli(argv);
      expect(status).toBe(2);
      expect(stderr).toContain(text);
      expect(stderr).toContain('--help');
    },
  );

  it('shows the stack of an error with --verbose alone', async () => {
    const run = async () => {
      throw new InputError('nothing works');
    };
    const call = (...more: string[]) =>
      runCli(['try', '--source', 'a', ...more], { commands: { try: { run } } });

    expect(await call()).toEqual({
      status: 2,
      stdout: '',
      stderr: 'nothing works\n',
    });
    const { status, stderr } = await call('--verbose');
    expect(status).toBe(2);
    expect(stderr).toMatch(/nothing works\n +at .*program\.test\.ts/);
  });
});
