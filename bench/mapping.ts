import type { Entity } from '@backstage/catalog-model';
import { ConfigReader } from '@backstage/config';
import type { JsonObject } from '@backstage/types';
import jsonata from 'jsonata';
import { readCustomDataSettings } from '../src/config/settings';
import { createRecordMapper } from '../src/mapping/createRecordMapper';
import { createRecord } from './ingest/registry';
import type { Command } from './lib/options';

const CASES: Record<string, string[]> = {
  /** Each is more than a path. */
  expressions: [
    '$lowercase(serviceId)',
    '$trim(description)',
    '$uppercase(team)',
    '$string(tier)',
    '[$lowercase(language), "tier-" & tier]',
    '$exists(lifecycle) ? lifecycle : "production"',
    '[{ "url": repository, "title": "Repository" }, { "url": dashboardUrl, "title": "Dashboard" }]',
    '[dependsOn.("component:" & $)]',
  ],
  'plain paths': [
    'serviceId',
    'description',
    'team',
    'tier',
    'language',
    'lifecycle',
    'repository',
    'dashboardUrl',
  ],
};

type MapRecord = (record: JsonObject) => Promise<unknown>;

/** The module's mapper and bare JSONata with the same expressions, in turns in this process. */
export const mapping: Command = {
  defaults: {
    records: 10_000,
    rounds: 7,
    cases: Object.keys(CASES),
    subjects: ['module', 'jsonata'],
  },
  async run({ records: count, rounds, cases, subjects }, report) {
    const records: JsonObject[] = Array.from({ length: count }, (_, index) =>
      createRecord(index, 1),
    );
    for (const name of cases) {
      const mappers: Record<string, MapRecord> = {
        module: createModuleMapping(CASES[name]),
        jsonata: createBareMapping(CASES[name]),
      };
      await assertAlike(mappers, records[0]);
      for (let round = -1; round < rounds; round += 1) {
        for (const subject of subjects) {
          const micros = await measure(mappers[subject], records);
          // The first round warms up.
          if (round >= 0) {
            report.add(subject, name, { 'CPU µs/record': micros });
          }
        }
      }
    }
    const ofBare = (name: string) =>
      report.figure('module', name, 'CPU µs/record') /
      report.figure('jsonata', name, 'CPU µs/record');
    report.atMost(1.1, 'expressions: CPU time, of bare JSONata', () =>
      ofBare('expressions'),
    );
    report.atMost(0.1, 'plain paths: CPU time, of bare JSONata', () =>
      ofBare('plain paths'),
    );
  },
};

/** Both have to compute the same. */
async function assertAlike(
  mappers: Record<string, MapRecord>,
  record: JsonObject,
): Promise<void> {
  const { metadata, spec } = (await mappers.module(record)) as Entity;
  const mapped = JSON.stringify([metadata.name, ...Object.values(spec!)]);
  const values = JSON.stringify(await mappers.jsonata(record));
  if (mapped !== values) {
    throw new Error(`The mapper gives ${mapped}, JSONata ${values}`);
  }
}

async function measure(map: MapRecord, records: JsonObject[]): Promise<number> {
  globalThis.gc!();
  const before = process.cpuUsage();
  for (const record of records) {
    await map(record);
  }
  const { user, system } = process.cpuUsage(before);
  return (user + system) / records.length;
}

function createModuleMapping(expressions: string[]): MapRecord {
  const [name, ...fields] = expressions.map(text => `\${{ ${text} }}`);
  const source = {
    url: 'http://registry.example.com',
    id: 'serviceId',
    entity: {
      kind: 'Component',
      metadata: { name },
      spec: Object.fromEntries(
        fields.map((text, index) => [`field${index + 1}`, text]),
      ),
    },
  };
  const { sources } = readCustomDataSettings(
    new ConfigReader({ catalog: { customData: { sources: { source } } } }),
  );
  const mapper = createRecordMapper(sources[0]);
  return async record => {
    const outcome = await mapper.map(record, String(record.serviceId));
    if (outcome.type !== 'mapped' || outcome.entities.length !== 1) {
      throw new Error(`The record was not mapped: ${JSON.stringify(outcome)}`);
    }
    return outcome.entities[0];
  };
}

function createBareMapping(expressions: string[]): MapRecord {
  const compiled = expressions.map(text => jsonata(text));
  return async record => {
    const values: unknown[] = [];
    for (const expression of compiled) {
      values.push(await expression.evaluate(record));
    }
    return values;
  };
}
