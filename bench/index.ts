import { writeFile } from 'node:fs/promises';
import { ingest } from './commands/ingest';
import { mapping } from './commands/mapping';
import { memory } from './commands/memory';
import type { Report } from './commands/report';
import { webhooks } from './commands/webhooks';
import { readOptions } from './readOptions';
import { rowTable, targetTable } from './report/table';

/**
 * Benchmarks against what people would use instead; docs/performance.md says
 * what is measured, and how.
 *
 *   npm run bench -- ingest  [--records 10000] [--rounds 5] [--cases first,changed-1] [--subjects module,full]
 *   npm run bench -- memory  [--records 100000] [--rounds 3] [--subjects module,full]
 *   npm run bench -- mapping [--records 10000] [--rounds 7]
 *   npm run bench -- webhooks [--rounds 3] [--cases load,refused] [--subjects module,bare]
 *
 * `--json out.json` writes `{ machine, rows, targets }` as well. Exits with 1
 * where something could not be measured; whether targets hold it only tells.
 */
const COMMANDS = { ingest, memory, mapping };

async function main() {
  const options = readOptions(process.argv.slice(2));
  const report =
    options.command === 'webhooks'
      ? await webhooks(options)
      : await COMMANDS[options.command](options);
  print(report);
  if (options.json) {
    await writeFile(options.json, `${JSON.stringify(report, null, 2)}\n`);
  }
  // What PostgreSQL's package hooks into would keep the process.
  process.exit(report.rows.some(row => row.failed !== undefined) ? 1 : 0);
}

function print({ machine, rows, targets }: Report) {
  const { cpu, cores, memoryMb, node, postgres } = machine;
  console.log(
    `${cpu}, ${cores} cores, ${memoryMb} MB, Node ${node}${
      postgres ? `, PostgreSQL ${postgres}` : ''
    }\n`,
  );
  console.log(`${rowTable(rows)}\n`);
  console.log(targetTable(targets));
  const failures = new Set(rows.flatMap(({ failed }) => failed ?? []));
  failures.forEach(failure => console.error(`\n${failure}`));
}

main().catch(error => {
  console.error(error);
  process.exit(1);
});
