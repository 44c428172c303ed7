import type { Entity } from '@backstage/catalog-model';
import { ConfigReader } from '@backstage/config';
import type { JsonObject } from '@backstage/types';
import jsonata from 'jsonata';
import { readCustomDataSettings } from '../../src/config/settings';
import { createRecordMapper } from '../../src/mapping/createRecordMapper';
import { createRecord } from '../api/registry';
import { describeMachine } from '../measure/machine';
import { collectGarbage } from '../measure/measureRun';
import type { BenchOptions } from '../readOptions';
import { median } from '../report/median';
import { mappingTargets } from '../report/otherTargets';
import type { Row } from '../report/row';
import { EXPRESSIONS, PLAIN_PATHS, templateOf } from './mappingSources';
import type { Report } from './report';

type MapRecord = (record: JsonObject) => Promise<unknown>;

/**
 * The CPU time for each record: of the mapper, from record to entity, and of
 * nothing but JSONata with the same expressions, compiled before. Both in this
 * process, in turns.
 */
export async function mapping(options: BenchOptions): Promise<Report> {
  const { records: count, rounds } = options;
  const records = Array.from({ length: count }, (_, index) => ({
    ...createRecord(index, 1),
  }));
  const rows = [
    ...(await compare('expressions', EXPRESSIONS, records, rounds)),
    ...(await compare('plain paths', PLAIN_PATHS, records, rounds)),
  ];
  return {
    machine: describeMachine(),
    rows,
    targets: mappingTargets(rows, count),
  };
}

async function compare(
  name: string,
  expressions: string[],
  records: JsonObject[],
  rounds: number,
): Promise<Row[]> {
  const subjects = {
    module: createModuleMapping(expressions),
    jsonata: createBareMapping(expressions),
  };
  await assertAlike(subjects, records[0]);
  const micros: Record<keyof typeof subjects, number[]> = {
    module: [],
    jsonata: [],
  };
  for (let round = -1; round < rounds; round += 1) {
    for (const subject of ['module', 'jsonata'] as const) {
      const value = await cpuMicros(subjects[subject], records);
      // The round before the first one warms up.
      if (round >= 0) {
        micros[subject].push(value);
      }
    }
  }
  return (['module', 'jsonata'] as const).map(subject => ({
    subject,
    case: name,
    records: records.length,
    rounds,
    cpuMicros: median(micros[subject]),
  }));
}

/** Whoever computes something else is not compared. */
async function assertAlike(
  subjects: Record<'module' | 'jsonata', MapRecord>,
  record: JsonObject,
): Promise<void> {
  const { metadata, spec } = (await subjects.module(record)) as Entity;
  const mapped = JSON.stringify([metadata.name, ...Object.values(spec!)]);
  const values = JSON.stringify(await subjects.jsonata(record));
  if (mapped !== values) {
    throw new Error(`The mapper gives ${mapped}, JSONata ${values}`);
  }
}

async function cpuMicros(
  map: MapRecord,
  records: JsonObject[],
): Promise<number> {
  collectGarbage();
  const before = process.cpuUsage();
  for (const record of records) {
    await map(record);
  }
  const { user, system } = process.cpuUsage(before);
  return (user + system) / records.length;
}

function createModuleMapping(expressions: string[]): MapRecord {
  const { sources, misconfiguredSources } = readCustomDataSettings(
    new ConfigReader({
      catalog: {
        customData: {
          sources: {
            registry: {
              url: 'http://registry.example.com',
              id: 'serviceId',
              entity: templateOf(expressions) as JsonObject,
            },
          },
        },
      },
    }),
  );
  if (sources.length !== 1) {
    throw new Error(JSON.stringify(misconfiguredSources));
  }
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
