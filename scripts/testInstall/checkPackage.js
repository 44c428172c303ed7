/*
 * What can be seen of a package without installing it: its files, its links and
 * what it imports.
 */
const { existsSync, readFileSync, readdirSync, statSync } = require('node:fs');
const { builtinModules } = require('node:module');
const { dirname, join, resolve } = require('node:path');
const { check } = require('./report');

const MAX_BYTES = 1_000_000;

/** The commands load the sources with it where there are sources. */
const CHECKOUT_ONLY = '@backstage/cli';

function listFiles(folder) {
  return readdirSync(folder, { recursive: true })
    .filter(file => !file.startsWith('node_modules'))
    .map(file => join(folder, file))
    .filter(file => statSync(file).isFile());
}

const read = file => readFileSync(file, 'utf8');

/** Links of the documents to files that the package does not have. */
function findDeadLinks(folder, files) {
  return files
    .filter(file => file.endsWith('.md'))
    .flatMap(file =>
      [...read(file).matchAll(/\]\((?![a-z]+:|#)([^)#\s]+)/g)]
        .map(([, link]) => resolve(dirname(file), link))
        .filter(target => !existsSync(target) || !target.startsWith(folder)),
    );
}

/** Source maps that have no source, and references to maps that are not there. */
function findLostMaps(files) {
  const withoutSource = files
    .filter(file => file.endsWith('.map'))
    .filter(file => !JSON.parse(read(file)).sourcesContent?.every(Boolean));
  const withoutMap = files
    .filter(file => /\.[cm]?js$/.test(file))
    .filter(file => {
      const [, map] = /\/\/# sourceMappingURL=(\S+)\s*$/.exec(read(file)) ?? [];
      return map && !existsSync(join(dirname(file), map));
    });
  return [...withoutSource, ...withoutMap];
}

/** The packages that code and types import. */
function findImports(files) {
  const names = files
    .filter(file => /\.(js|d\.ts)$/.test(file))
    .flatMap(file => [
      ...read(file).matchAll(
        /(?:require\(|import\(|^(?:import|export)\b[^;]*? from )['"]([^'".][^'"]*)['"]/gm,
      ),
    ])
    .map(([, name]) => /^(@[^/]+\/)?[^/]+/.exec(name)[0])
    .filter(
      name => !name.startsWith('node:') && !builtinModules.includes(name),
    );
  return [...new Set(names)].sort();
}

/** `folder` is the package as it is unpacked, `bytes` the size of its archive. */
module.exports = function checkPackage(folder, bytes) {
  const files = listFiles(folder);
  const { configSchema, dependencies, types } = JSON.parse(
    read(join(folder, 'package.json')),
  );
  check(bytes < MAX_BYTES, `the archive has less than 1 MB (${bytes} bytes)`);
  for (const file of [
    'README.md',
    'LICENSE',
    'CHANGELOG.md',
    'app-config.example.yaml',
    configSchema,
    'docs',
    'examples',
    'migrations',
    types,
  ]) {
    check(existsSync(join(folder, file)), `it has ${file}`);
  }
  const same = (found, what) =>
    check(!found.length, `${what}${found.length ? `: ${found}` : ''}`);
  same(findDeadLinks(folder, files), 'every link of its documents works in it');
  same(findLostMaps(files), 'every source map has its source');
  const imports = findImports(
    files.filter(file => /\/(dist|bin|migrations)\//.test(file)),
  ).filter(each => each !== CHECKOUT_ONLY);
  const declared = Object.keys(dependencies);
  same(
    imports.filter(each => !declared.includes(each)),
    'what it imports is a dependency',
  );
  same(
    declared.filter(each => !imports.includes(each)),
    'every dependency is imported',
  );
};
