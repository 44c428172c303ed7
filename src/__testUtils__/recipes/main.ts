import { stringifyError, toError } from '@backstage/errors';
import { readSource } from './readSource';

/* Reads a source in a process of its own, whose environment says how it reaches the API. */

async function main() {
  const [file] = process.argv.slice(2);
  const { outcomes } = await readSource({
    file,
    variable: name => process.env[name],
  });
  process.stdout.write(JSON.stringify(outcomes));
}

main().catch(error => {
  process.stdout.write(JSON.stringify(stringifyError(toError(error))));
});
