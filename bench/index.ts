import { writeFile } from 'node:fs/promises';
import { cli } from './cli';
import { dryRun } from './dryRun';
import { ingest } from './ingest/ingest';
import { memory } from './ingest/memory';
import { readOptions } from './lib/options';
import { Report } from './lib/report';
import { mapping } from './mapping';
import { upkeep } from './upkeep';
import { processor } from './webhooks/processor';
import { webhooks } from './webhooks/webhooks';

/**
 * Benchmarks against what people would use instead. docs/performance.md says
 * what is measured, and how.
 *
 *   npm run bench -- ingest|memory|mapping|webhooks|processor|cli|dry-run|upkeep
 *     [--records 10000] [--rounds 5] [--cases first,changed-1]
 *     [--subjects module,full] [--json out.json]
 *
 * The exit code is 1 where something could not be measured. A target that does
 * not hold does not change it.
 */
const COMMANDS = {
  ingest,
  memory,
  mapping,
  webhooks,
  processor,
  cli,
  'dry-run': dryRun,
  upkeep,
};

async function main() {
  const options = readOptions(process.argv.slice(2), COMMANDS);
  const report = new Report();
  await COMMANDS[options.command].run(options, report);
  console.log(report.toMarkdown());
  report.failures().forEach(failure => console.error(`\n${failure}`));
  if (options.json) {
    const json = JSON.stringify(report.toJSON(), null, 2);
    await writeFile(options.json, `${json}\n`);
  }
  // The PostgreSQL package would keep the process alive.
  process.exit(report.failures().length > 0 ? 1 : 0);
}

main().catch(error => {
  console.error(error);
  process.exit(1);
});
