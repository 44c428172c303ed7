const { existsSync } = require('node:fs');
const { resolve } = require('node:path');

/** A module of src/. A checkout has the source code, and needs no build. */
function load(path) {
  if (!existsSync(resolve(__dirname, '../src'))) {
    return require(`../dist/${path}.cjs.js`);
  }
  require('@backstage/cli/config/nodeTransform.cjs');
  return require(`../src/${path}`);
}

module.exports = { load };
