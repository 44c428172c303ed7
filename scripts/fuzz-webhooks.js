/* Sends random requests to the webhooks of a started backend; see bench/fuzz. */
require('@backstage/cli/config/nodeTransform.cjs');
require('../bench/fuzz/main.ts');
