import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { serveParent } from './lib/Worker';

/*
 * In a process of its own, as for a user: `try`, or what it is measured by,
 * which is fetch, JSON.parse and the mapper alone. Each loads what it needs.
 */
const subjects = {
  async module(cwd: string): Promise<string> {
    const { runCli } = require('../src/cli/__testUtils__/runCli');
    return (await runCli(['try', '--source', 'registry'], { cwd })).stdout;
  },

  async mapper(cwd: string): Promise<string> {
    const { ConfigReader } = require('@backstage/config');
    const { readCustomDataSettings } = require('../src/config/settings');
    const { createRecordMapper } = require('../src/mapping/createRecordMapper');
    const config = parse(readFileSync(`${cwd}/app-config.yaml`, 'utf8'));
    const { sources } = readCustomDataSettings(new ConfigReader(config));
    const mapper = createRecordMapper(sources[0]);
    const answer = await fetch(sources[0].url);
    let entities = 0;
    for (const record of JSON.parse(await answer.text()).services) {
      const mapped = await mapper.map(record, await mapper.recordId(record));
      entities += mapped.entities.length;
    }
    return `gave ${entities} entities`;
  },
};

serveParent({
  async run({ subject, cwd }: { subject: keyof typeof subjects; cwd: string }) {
    return { output: await subjects[subject](cwd), cpu: process.cpuUsage() };
  },
});
