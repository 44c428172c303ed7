/*
 * Stands in tests for what the host's services load, and partly create, at their
 * start (package.json, `jest.moduleNameMapper`): the clients of clouds and caches,
 * what reads other packages, archives and certificates, and zod's languages. No
 * test comes near one, and to load them took half of the time of many test files.
 * Whatever is asked for is this, which gives objects that can do nothing.
 */
function AbsentClient() {}

module.exports = new Proxy(AbsentClient, {
  get: (target, key) => {
    if (key === 'prototype') {
      return target.prototype;
    }
    if (key === 'then') {
      return undefined; // So that `await` ends.
    }
    return key === '__esModule' ? true : module.exports;
  },
});
