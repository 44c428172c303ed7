const path = require('node:path');

/*
 * Which room may import which: the table of docs/architecture.md. What is not
 * listed for a room is forbidden to it, tests aside.
 */
const MAY_IMPORT = {
  model: [],
  config: ['model'],
  mapping: ['model'],
  validation: ['model'],
  sources: ['model'],
  deployments: ['model'],
  store: ['model'],
  sync: ['sources', 'mapping', 'validation', 'model'],
  processors: ['sync', 'deployments', 'model'],
  webhooks: ['deployments', 'model'],
  metrics: ['model'],
  lifecycle: ['sync', 'model'],
  api: ['model'],
};

const rooms = Object.keys(MAY_IMPORT);
const zones = rooms.map(room => ({
  target: `./src/${room}/**/!(*.test).ts`,
  from: [
    ...rooms
      .filter(other => other !== room && !MAY_IMPORT[room].includes(other))
      .map(other => `./src/${other}/**/*`),
    './src/{module,index,extension}.ts',
    './src/compose/**/*',
    './dev/**/*',
  ],
  message: `Room '${room}' may import ${
    MAY_IMPORT[room].join(', ') || 'no other room'
  } (docs/architecture.md).`,
}));

/* The same for the rooms within webhooks. */
const WITHIN_WEBHOOKS = {
  verify: [],
  dialects: [],
  receive: ['verify', 'dialects'],
  settle: [],
  operate: [],
};

const parts = Object.keys(WITHIN_WEBHOOKS);
const partZones = parts.map(part => ({
  target: `./src/webhooks/${part}/**/!(*.test).ts`,
  from: parts
    .filter(other => other !== part && !WITHIN_WEBHOOKS[part].includes(other))
    .map(other => `./src/webhooks/${other}/**/*`),
  message: `'webhooks/${part}' may import ${
    WITHIN_WEBHOOKS[part].join(' and ') || 'no other part'
  } (docs/architecture.md).`,
}));

/*
 * The core (fetch, map, validate, plan) serves any portal: nothing of
 * Backstage's backend. Its isomorphic packages are fine.
 */
const CORE = [
  'src/{model,mapping,validation,sources}/**/*.ts',
  'src/sync/{planSync,planTypes,resolveRefs,removalGuard,mapRecord,observeRecord,ListObserver,RecordIndex}.ts',
];
const BACKEND_PACKAGES = ['@backstage/backend-*', '@backstage/plugin-*'];

module.exports = require('@backstage/cli/config/eslint-factory')(__dirname, {
  ignorePatterns: ['!.eslintrc.js', 'dist', 'dist-types', 'coverage'],
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
      { basePath: path.resolve(__dirname), zones: [...zones, ...partZones] },
    ],
  },
});
