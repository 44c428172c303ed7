import { readFileSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { parse } from 'yaml';
import {
  readBlocks,
  readExample,
} from '../__testUtils__/examples/readExamples';
import { runShell } from '../__testUtils__/examples/runShell';

const ROOT = resolve(__dirname, '../..');
const PACKAGE = 'backstage-plugin-catalog-backend-module-custom-data';
const BIN = resolve(ROOT, 'bin/catalog-custom-data.js');

const FAULTY = `apiVersion: backstage.io/v1alpha1
kind: Component
metadata:
  name: payments
spec:
  type: service
  lifecycle: production
`;

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'validate-'));
  await write('repository/a/catalog-info.yaml', FAULTY);
});
afterEach(() => rm(folder, { recursive: true }));

async function write(file: string, text: string): Promise<void> {
  await mkdir(dirname(join(folder, file)), { recursive: true });
  await writeFile(join(folder, file), text);
}

/** Runs a script in the repository, where `npx` finds this checkout in place of the package. */
async function run(script: string) {
  const command = `exec "${process.execPath}" "${BIN}" "$@"`;
  await write('bin/catalog-custom-data', `#!/bin/sh\n${command}\n`);
  await write(
    'bin/npx',
    `#!/bin/sh\n[ "$1 $2 $3" = "--yes --package=${PACKAGE} catalog-custom-data" ] || exit 99\nshift 3\n${command}\n`,
  );
  for (const name of ['catalog-custom-data', 'npx']) {
    await chmod(join(folder, 'bin', name), 0o755);
  }
  return runShell({
    command: ['sh', '-ec', script],
    cwd: join(folder, 'repository'),
    env: { PATH: `${folder}/bin:${process.env.PATH}` },
  });
}

const ANNOTATION =
  '::error file=a/catalog-info.yaml,line=5,col=1,title=entity-invalid::spec.owner is missing\n';

describe('examples of validate', () => {
  it('annotate a pull request on GitHub, and fail it', async () => {
    const workflow = parse(readExample('validate.github-actions.yml'));
    const steps = workflow.jobs.validate.steps;
    expect(await run(steps.at(-1).run)).toEqual({
      code: 1,
      stdout: ANNOTATION,
      stderr: '',
    });
    await write('repository/a/catalog-info.yaml', `${FAULTY}  owner: team-a\n`);
    expect(await run(steps.at(-1).run)).toMatchObject({ code: 0, stdout: '' });
  });

  it('fail a pipeline of GitLab, and leave its report', async () => {
    const [pipeline] = readBlocks({
      page: 'validate.md',
      heading: 'In CI and before a commit',
      language: 'yaml',
    });
    const job = parse(pipeline)['catalog-info'];
    expect(await run(job.script.join('\n'))).toMatchObject({ code: 1 });
    const report = join(folder, 'repository', job.artifacts.reports.junit);
    expect(readFileSync(report, 'utf8')).toContain(
      '<failure message="spec.owner is missing"',
    );
  });

  it('are the same hook of pre-commit in the documents and for the repository, and stop a commit', async () => {
    const [, config] = readBlocks({
      page: 'validate.md',
      heading: 'In CI and before a commit',
      language: 'yaml',
    });
    const [{ additional_dependencies: packages, ...local }] =
      parse(config).repos[0].hooks;
    const [hook] = parse(
      readFileSync(resolve(ROOT, '.pre-commit-hooks.yaml'), 'utf8'),
    );
    expect(local).toEqual(hook);
    expect(packages).toEqual([PACKAGE]);
    const files = ['a/catalog-info.yaml', 'b/other.yaml'].filter(file =>
      new RegExp(hook.files).test(file),
    );
    expect(await run(`${hook.entry} ${files.join(' ')}`)).toMatchObject({
      code: 1,
      stdout: expect.stringContaining(
        'a/catalog-info.yaml:5:1 error spec.owner is missing',
      ),
    });
  });
});
