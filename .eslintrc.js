const path = require('node:path');

/*
 * Which slice may import which: the table of docs/architecture.md. What is not
 * listed for a slice is forbidden to it, tests aside.
 */
const BELOW = ['sources', 'mapping', 'validation', 'config', 'database', 'lib'];
const MAY_IMPORT = {
  lib: [],
  database: ['lib'],
  config: ['lib'],
  validation: ['config', 'lib'],
  mapping: ['config', 'lib'],
  sources: ['config', 'lib'],
  deployments: ['config', 'database', 'lib'],
  ingestion: ['metrics', ...BELOW],
  locations: ['ingestion', ...BELOW],
  deliveries: [
    'deployments',
    'ingestion',
    'locations',
    'metrics',
    'config',
    'database',
    'lib',
  ],
  webhooks: [
    'deliveries',
    'deployments',
    'mapping',
    'metrics',
    'config',
    'database',
    'lib',
  ],
  upkeep: ['deliveries', 'deployments', 'ingestion', 'locations', ...BELOW],
  metrics: ['lib'],
  processors: ['ingestion', 'locations', 'deployments', 'config', 'lib'],
  api: [
    'ingestion',
    'locations',
    'deliveries',
    'deployments',
    'webhooks',
    'upkeep',
    ...BELOW,
  ],
  cli: ['ingestion', 'deployments', 'webhooks', ...BELOW],
};

/** Files of `wiring` that a slice may import all the same. */
const WIRING = { cli: 'prepareSources|serveCandidate' };

const slices = Object.keys(MAY_IMPORT);
const zones = slices.map(slice => ({
  target: `./src/${slice}/**/!(*.test).ts`,
  from: [
    ...slices
      .filter(other => other !== slice && !MAY_IMPORT[slice].includes(other))
      .map(other => `./src/${other}/**/*`),
    './src/{module,index,extension}.ts',
    `./src/wiring/**/${WIRING[slice] ? `!(${WIRING[slice]}).ts` : '*'}`,
    './dev/**/*',
  ],
  message: `'${slice}' may import ${
    MAY_IMPORT[slice].join(', ') || 'no other slice'
  } (docs/architecture.md).`,
}));

/*
 * The core (fetch, map, validate, plan) serves any portal: nothing of
 * Backstage's backend. Its isomorphic packages are fine.
 */
const CORE = [
  'src/{lib,mapping,validation,sources}/**/*.ts',
  'src/ingestion/{planSync,plan,guards,resolveRefs,mapRecord}.ts',
];
const BACKEND_PACKAGES = ['@backstage/backend-*', '@backstage/plugin-*'];

module.exports = require('@backstage/cli/config/eslint-factory')(__dirname, {
  ignorePatterns: [
    '!.eslintrc.js',
    'dist',
    'dist-types',
    'coverage',
    'frontend',
  ],
  overrides: [
    {
      files: 'src/**/__testUtils__/**/*.ts',
      rules: { 'import/no-restricted-paths': 'off' },
    },
    {
      files: CORE,
      excludedFiles: '*.test.ts',
      rules: {
        'no-restricted-imports': [
          'error',
          {
            patterns: [
              {
                group: BACKEND_PACKAGES,
                message: 'The core knows nothing of Backstage’s backend.',
              },
            ],
          },
        ],
      },
    },
  ],
  // What is not found is not judged: without this, no import of a `.ts` file is.
  settings: {
    'import/resolver': { node: { extensions: ['.ts', '.js', '.json'] } },
  },
  rules: {
    'import/no-restricted-paths': [
      'error',
      { basePath: path.resolve(__dirname), zones },
    ],
  },
});
