import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { missingTools, runShell } from '../__testUtils__/examples/runShell';
import { runCli } from './__testUtils__/runCli';

const NAME = 'catalog-custom-data';

/** What a shell has as completions of the last of these words. */
const ASK = `
  COMP_WORDS=("$@")
  COMP_CWORD=$(($# - 1))
  _catalog_custom_data
  printf '%s\\n' "\${COMPREPLY[@]}"
`;

const hasBash = missingTools(['bash']).length === 0;
const hasZsh = missingTools(['zsh']).length === 0;

describe('completion', () => {
  let folder: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'custom-data-completion-'));
    for (const shell of ['bash', 'zsh']) {
      const { stdout } = await runCli(['completion', shell]);
      await writeFile(join(folder, shell), stdout);
    }
  });

  afterAll(async () => {
    await rm(folder, { recursive: true, force: true });
  });

  const run = (command: string[]) =>
    runShell({ command, cwd: folder, env: {} });

  (hasBash ? describe : describe.skip)('in bash', () => {
    it.each([
      [['so'], ['sources']],
      [['sources', '--ch'], ['--check']],
      [['--url', 'http://localhost', 'approve', '--j'], ['--json']],
      [['deliveries', '--state', 'p'], ['pending']],
      [['send', '--secret-file', ''], ['']],
      [
        ['completion', ''],
        ['bash', 'zsh'],
      ],
    ])('of %j is %j', async (words, expected) => {
      const { code, stdout, stderr } = await run([
        ...['bash', '--norc', '-c', `. ./bash\n${ASK}`, 'bash', NAME],
        ...words,
      ]);
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
      expect(stdout.trim().split('\n')).toEqual(expected);
    });

    it('is a script that bash reads', async () => {
      expect(await run(['bash', '-n', 'bash'])).toEqual({
        code: 0,
        stdout: '',
        stderr: '',
      });
    });
  });

  (hasZsh ? describe : describe.skip)('in zsh', () => {
    it('completes an option', async () => {
      const ask = `. ./zsh; setopt ksharrays; set -- ${NAME} sources --ch\n${ASK}`;
      const { code, stdout, stderr } = await run(['zsh', '-f', '-c', ask]);
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
      // What does not begin with the word, zsh itself leaves out.
      expect(stdout.split('\n')).toContain('--check');
    });
  });

  it('has every command, and no other shell', async () => {
    const { stdout: help } = await runCli(['--help']);
    const [, list] = help.split('Commands:\n');
    const commands = list.match(/^ {2}\w[\w-]*/gm)!.map(text => text.trim());
    const { stdout } = await runCli(['completion', 'bash']);
    expect(stdout).toContain(`choices='${commands.join(' ')}'`);
    expect((await runCli(['completion', 'fish'])).status).toBe(2);
  });
});
