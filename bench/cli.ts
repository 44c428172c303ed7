import {
  apiEntityV1alpha1Validator,
  componentEntityV1alpha1Validator,
  domainEntityV1alpha1Validator,
  type Entity,
  EntityPolicies,
  FieldFormatEntityPolicy,
  groupEntityV1alpha1Validator,
  locationEntityV1alpha1Validator,
  NoForeignRootFieldsEntityPolicy,
  resourceEntityV1alpha1Validator,
  SchemaValidEntityPolicy,
  systemEntityV1alpha1Validator,
  userEntityV1alpha1Validator,
} from '@backstage/catalog-model';
import { parseEntityYaml } from '@backstage/plugin-catalog-node';
import {
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { run } from '../src/cli/validate';
import { startApi } from './ingest/api';
import { createRecord } from './ingest/registry';
import { entityOf, SOURCE, sourceConfig } from './ingest/source';
import { Worker } from './lib/Worker';
import type { Command } from './lib/options';

const RECORDS = 10_000;
type Measure = (root: string, count: number) => Promise<number>;

const CASES: Record<string, Record<string, Measure>> = {
  /** `validate` over a directory, and the catalog's own parser and validators in a bare loop, in turns in this process. */
  files: {
    module: (root, count) => measure(validateByCommand, root, count),
    catalog: (root, count) => measure(validateByCatalog, root, count),
  },
  /** `try`, and fetch, `JSON.parse` and the mapper alone, each in a fresh process. */
  try: {
    module: root => measureProcess('module', root),
    mapper: root => measureProcess('mapper', root),
  },
};

/** The command line beside what it cannot do without. */
export const cli: Command = {
  defaults: {
    records: 5000,
    rounds: 7,
    cases: Object.keys(CASES),
    subjects: ['module', 'catalog', 'mapper'],
  },
  async run({ records: count, rounds, cases, subjects }, report) {
    const root = mkdtempSync(join(tmpdir(), 'bench-cli-'));
    const api = await startApi();
    try {
      writeFiles(root, count);
      await api.prepare({ reset: RECORDS, etag: false });
      const sources = { [SOURCE]: sourceConfig(api.url) };
      const config = stringify({ catalog: { customData: { sources } } });
      writeFileSync(join(root, 'app-config.yaml'), config);
      for (const name of cases) {
        const measures = Object.entries(CASES[name]);
        for (let round = -1; round < rounds; round += 1) {
          for (const [subject, cpuOf] of measures) {
            const cpu =
              subjects.includes(subject) && (await cpuOf(root, count));
            // The first round warms up.
            if (cpu && round >= 0) {
              report.add(subject, name, { 'CPU ms': cpu / 1000 });
            }
          }
        }
      }
    } finally {
      await api.stop();
      rmSync(root, { recursive: true });
    }
    const cpuTime = (subject: string, name: string) =>
      report.figure(subject, name, 'CPU ms');
    report.atMost(
      1.3,
      'validate: CPU time, of the catalog’s parser and validators',
      () => cpuTime('module', 'files') / cpuTime('catalog', 'files'),
    );
    report.atMost(
      1.5,
      'try: CPU time, of fetch, JSON.parse and the mapper alone',
      () => cpuTime('module', 'try') / cpuTime('mapper', 'try'),
    );
  },
};

async function measureProcess(subject: string, cwd: string): Promise<number> {
  const worker = new Worker(require.resolve('./tryOnce'));
  const { output, cpu } = await worker.ask<any>('run', { subject, cwd });
  await worker.kill();
  if (!output.includes(`gave ${RECORDS} entities`)) {
    throw new Error(`${subject} gave something else: ${output}`);
  }
  return cpu.user + cpu.system;
}

const fileOf = (root: string, index: number) =>
  join(root, `service-${index}`, 'catalog-info.yaml');

function writeFiles(root: string, count: number): void {
  for (let index = 0; index < count; index += 1) {
    const file = fileOf(root, index);
    mkdirSync(join(file, '..'));
    writeFileSync(file, `---\n${stringify(entityOf(createRecord(index, 1)))}`);
  }
}

async function measure(
  validate: Measure,
  root: string,
  count: number,
): Promise<number> {
  globalThis.gc!();
  const before = process.cpuUsage();
  const valid = await validate(root, count);
  const { user, system } = process.cpuUsage(before);
  if (valid !== count) {
    throw new Error(`${valid} of ${count} entities are valid`);
  }
  return user + system;
}

async function validateByCommand(root: string): Promise<number> {
  let output = '';
  await run({
    name: 'validate',
    args: ['.'],
    options: { format: 'json' },
    terminal: {
      stdin: process.stdin,
      stdout: { write: text => (output += text) },
      stderr: process.stderr,
      env: {},
      cwd: root,
      signal: new AbortController().signal,
    },
  });
  const { files, errors } = JSON.parse(output);
  return files - errors;
}

const POLICY = EntityPolicies.allOf([
  new SchemaValidEntityPolicy(),
  new NoForeignRootFieldsEntityPolicy(),
  new FieldFormatEntityPolicy(),
]);

const VALIDATORS = [
  apiEntityV1alpha1Validator,
  componentEntityV1alpha1Validator,
  resourceEntityV1alpha1Validator,
  groupEntityV1alpha1Validator,
  locationEntityV1alpha1Validator,
  userEntityV1alpha1Validator,
  systemEntityV1alpha1Validator,
  domainEntityV1alpha1Validator,
];

/** As the catalog's own processing does it, without what it does besides. */
async function validateByCatalog(root: string, count: number): Promise<number> {
  let valid = 0;
  for (let index = 0; index < count; index += 1) {
    const target = fileOf(root, index);
    const location = { type: 'file', target };
    for (const result of parseEntityYaml(readFileSync(target), location)) {
      if (result.type === 'entity') {
        await POLICY.enforce(result.entity);
        valid += Number(await isOfKnownKind(result.entity));
      }
    }
  }
  return valid;
}

async function isOfKnownKind(entity: Entity): Promise<boolean> {
  for (const validator of VALIDATORS) {
    if (await validator.check(entity)) {
      return true;
    }
  }
  return false;
}
