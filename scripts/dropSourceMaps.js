/*
 * Takes the source maps out of the built package, with the lines that name
 * them: they are two thirds of it, and the code is readable without.
 */
const { readdirSync, readFileSync, rmSync, writeFileSync } = require('node:fs');
const { join } = require('node:path');

const DIST = join(__dirname, '../dist');

for (const name of readdirSync(DIST, { recursive: true })) {
  const file = join(DIST, name);
  if (name.endsWith('.map')) {
    rmSync(file);
  } else if (name.endsWith('.js')) {
    const text = readFileSync(file, 'utf8');
    writeFileSync(file, text.replace(/\n\/\/# sourceMappingURL=.*\n?$/, '\n'));
  }
}
