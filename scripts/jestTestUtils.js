/*
 * `@backstage/backend-test-utils`, of which each part is loaded when it is first
 * asked for (package.json, `jest.moduleNameMapper`). Most tests want its databases
 * alone, and to load the backend that it can start took longer than their tests.
 */
const { dirname, join } = require('node:path');

const folder = dirname(
  require.resolve('@backstage/backend-test-utils/package.json'),
);
const parts = {
  TestDatabases: 'database/TestDatabases',
  createMockDirectory: 'filesystem/MockDirectory',
  mockCredentials: 'services/mockCredentials',
  mockServices: 'services/mockServices',
  startTestBackend: 'wiring/TestBackend',
};

for (const [name, path] of Object.entries(parts)) {
  Object.defineProperty(exports, name, {
    enumerable: true,
    get: () => require(join(folder, 'dist', `${path}.cjs.js`))[name],
  });
}
