import { mockCredentials } from '@backstage/backend-test-utils';
import type { JsonObject } from '@backstage/types';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  DryRunWorld,
  service,
  template,
} from '../../api/__testUtils__/DryRunWorld';
import { USER } from '../../api/__testUtils__/serveApi';
import { describeSqlite } from '../../database/__testUtils__/describeTables';
import { runCli } from '../__testUtils__/runCli';

const SPEC = { dependsOn: '${{ [needs.("component:" & $)] }}' };

describeSqlite('dry-run', tables => {
  let world: DryRunWorld;
  let url: string;
  let cwd: string;

  beforeEach(async () => {
    cwd = await mkdtemp(join(tmpdir(), 'dry-run-'));
    world = await DryRunWorld.start(tables.knex);
    ({ origin: url } = await world.serve({
      entity: [template(SPEC)],
      removals: { maxRatio: 0.4, minCount: 1, keep: false },
    }));
    await world.poll(['a', 'b', 'c'].map(id => service(id)));
  });

  afterEach(async () => {
    await world.stop();
    await rm(cwd, { recursive: true });
  });

  const dryRun = (...argv: string[]) =>
    runCli(['dry-run', 'registry', '--url', url, ...argv], {
      cwd,
      env: { CATALOG_TOKEN: mockCredentials.user.token(USER) },
    });
  const answerWith = (...records: JsonObject[]) => {
    world.answer = { status: 200, body: records };
  };
  const write = (file: string, value: unknown) =>
    writeFile(join(cwd, file), JSON.stringify(value));

  it('shows what would be done as a diff, with problems under their entity', async () => {
    answerWith(
      service('a', { owner: 'team-b', needs: ['a'] }),
      service('b', { name: 'x' }),
      service('c'),
      service('d'),
      { id: 'e' },
    );
    const { status, stdout } = await dryRun();
    expect(stdout).toMatchInlineSnapshot(`
      "+ component:default/d
      ~ component:default/a
          spec.dependsOn: [] → ["component:a"]
          spec.owner: "team-a" → "team-b"
          warning relation-cycle: Record "a" of source "registry": spec.dependsOn[0] of "component:default/a" is part of a cycle: component:default/a -> component:default/a (dependsOn); remove one of these relations
      > component:default/b → component:default/x
          metadata.name: "b" → "x"

      Owners that the catalog does not know:
        group:default/team-b, of 1 entity such as component:default/a

      Problems:
        error entity-invalid: Record "e" of source "registry": metadata.name is missing; use letters and digits with "-", "_" or "." between them, at most 63 characters; $entityName(…) makes such a name, $slug(…) one in lower case

      5 records, 4 gave entities, 1 invalid, 4 entities after the run
      1 to add, 1 to change, 1 to rename, 0 to remove, 0 held, 1 unchanged. Nothing was done.
      "
    `);
    expect(status).toBe(1);
  });

  it('shows what is held, and why', async () => {
    answerWith(service('a'));
    const { status, stdout } = await dryRun();
    expect(stdout).toContain(
      'Held until somebody decides: 2 of 3 entities would be removed',
    );
    expect(stdout).toContain(
      '  - component:default/b\n  - component:default/c',
    );
    expect(status).toBe(0);
  });

  it('takes the mapping of a block, or of the source in a configuration, and nothing of its requests', async () => {
    answerWith(...['a', 'b', 'c'].map(id => service(id)));
    const block = {
      url: 'https://elsewhere.example.com',
      headers: { Authorization: '${TOKEN}' },
      entity: template({ ...SPEC, type: 'website' }),
    };
    const changed =
      '~ component:default/a\n    spec.type: "service" → "website"';

    await write('block.yaml', block);
    const one = await dryRun('--candidate', 'block.yaml');
    expect(one).toMatchObject({ status: 0, stderr: '' });
    expect(one.stdout).toContain(changed);

    const sources = { registry: block };
    await write('app.yaml', { catalog: { customData: { sources } } });
    const other = await dryRun('--candidate', 'app.yaml');
    expect(other.stdout).toContain(changed);
  });

  it.each([
    ['{"url":"x"}', 'has none of the keys of a candidate: records, id,'],
    [
      '{"catalog":{"customData":{"sources":{"registri":{}}}}}',
      'has no source "registry"; did you mean "registri"?',
    ],
    ['{"id":"$slugg(id)"}', 'did you mean $slug?'],
  ])('says what is wrong with the candidate %s', async (text, message) => {
    await writeFile(join(cwd, 'candidate.yaml'), text);
    const { status, stderr } = await dryRun('--candidate', 'candidate.yaml');
    expect(stderr).toContain(message);
    expect(status).toBe(2);
  });

  it('is a gate: it exits with 1 once it would do anything else than was saved', async () => {
    await write('answer.json', [service('a', { owner: 'x' }), service('b')]);
    const call = ['--data', 'answer.json'];
    expect((await dryRun(...call, '--save', 'expected.json')).status).toBe(0);
    const saved = JSON.parse(
      await readFile(join(cwd, 'expected.json'), 'utf8'),
    );
    expect(saved.records).toBeUndefined();
    const same = await dryRun(...call, '--expect', 'expected.json');
    expect(same).toMatchObject({ status: 0, stderr: '' });

    await write('answer.json', [service('a', { owner: 'y' }), service('b')]);
    const { status, stderr } = await dryRun(
      ...call,
      '--expect',
      'expected.json',
    );

    expect(status).toBe(1);
    expect(stderr).toContain('This is not what "expected.json" expects');
    expect(stderr).toContain('changed.items["component:default/a"]');
  });

  it('compares more than it shows by default', async () => {
    const many = Array.from({ length: 60 }, (_, i) => service(`s${i + 10}`));
    const call = ['--data', 'answer.json', '--limit', '1'];
    await write('answer.json', many);
    await dryRun(...call, '--save', 'expected.json');

    await write('answer.json', [...many.slice(0, -1), service('x')]);
    const { status, stderr } = await dryRun(
      ...call,
      '--expect',
      'expected.json',
    );

    expect(status).toBe(1);
    expect(stderr).toContain('added.items["component:default/s69"]');
  });

  it.each(['--save', '--expect'])(
    'neither compares nor writes a list of which a part is missing: %s',
    async option => {
      await write('file.json', {});
      const many = Array.from({ length: 501 }, (_, i) => service(`s${i}`));
      await write('answer.json', many);
      const { status, stderr } = await dryRun(
        ...['--data', 'answer.json', option, 'file.json'],
      );
      expect(status).toBe(2);
      expect(stderr).toContain('"added" has 501 items, of which 500 came');
      expect(await readFile(join(cwd, 'file.json'), 'utf8')).toBe('{}');
    },
  );

  it.each([[null], [[]], ['text']])(
    'refuses %j as what is expected',
    async value => {
      await write('expected.json', value);
      const { status, stderr } = await dryRun('--expect', 'expected.json');
      expect(status).toBe(2);
      expect(stderr).toContain('"expected.json" is no object');
    },
  );

  it.each(['--save', '--expect', '--candidate', '--data'])(
    'does not take an empty %s, as of a variable that is not set, for none',
    async option => {
      const { status, stderr } = await dryRun(option, '');
      expect(status).toBe(2);
      expect(stderr).not.toBe('');
    },
  );

  it('says how many relations and problems it does not show', async () => {
    answerWith(
      service('a', { needs: ['x', 'y'] }),
      ...['b', 'c'].map(id => service(id)),
      ...['d', 'e'].map(id => ({ id })),
    );
    const shown = await dryRun('--limit', '1');
    expect(shown.stdout).toContain(
      'component:default/a: spec.dependsOn component:default/x\n  and 1 more relations, known or not (--limit',
    );
    expect(shown.stdout).toMatch(/Problems:\n {2}error .*\n {2}and 1 more \(/);
  });

  it('gives the answer as it is with --json', async () => {
    answerWith(...['a', 'b', 'c'].map(id => service(id)));
    const { stdout } = await dryRun('--json', '--limit', '1');
    expect(JSON.parse(stdout)).toMatchObject({
      counts: { unchanged: 3 },
      records: { totalItems: 3, items: [{ recordId: 'a' }] },
    });
  });
});
