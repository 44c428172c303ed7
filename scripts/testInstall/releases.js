/*
 * The releases of Backstage that the package is installed into, as
 * `@backstage/create-app` had their backend: packages of `@backstage/` by version.
 */

/** 1.57: what nothing here names comes by the ranges of these, the newest there is. */
const newest = {
  'backend-defaults': '0.19.0',
  'plugin-auth-backend': '0.31.0',
  'plugin-auth-backend-module-guest-provider': '0.2.25',
  'plugin-catalog-backend': '4.0.5',
  'plugin-catalog-backend-module-logs': '0.1.28',
  'plugin-catalog-backend-module-scaffolder-entity-model': '0.2.26',
  'plugin-events-backend': '0.6.6',
  'plugin-permission-backend': '0.7.18',
  'plugin-permission-backend-module-allow-all-policy': '0.2.25',
  'plugin-search-backend': '2.1.9',
  'plugin-search-backend-module-catalog': '0.3.21',
  'plugin-search-backend-module-pg': '0.5.61',
};

/**
 * 1.49: with what those packages bring, which Yarn would otherwise take from newer
 * releases. Where a version is not in the registry, the next one that is.
 */
const oldest = {
  'backend-app-api': '1.6.0',
  'backend-defaults': '0.16.0',
  'backend-dev-utils': '0.1.7',
  'backend-openapi-utils': '0.6.7',
  'backend-plugin-api': '1.8.0',
  'catalog-client': '1.14.0',
  'cli-common': '0.2.0',
  'cli-node': '0.3.0',
  config: '1.3.6',
  'config-loader': '1.10.9',
  'filter-predicates': '0.1.1',
  integration: '2.0.0',
  'integration-aws-node': '0.1.20',
  'plugin-auth-backend': '0.27.3',
  'plugin-auth-backend-module-guest-provider': '0.2.17',
  'plugin-auth-node': '0.6.14',
  'plugin-catalog-backend': '3.5.0',
  'plugin-catalog-backend-module-logs': '0.1.20',
  'plugin-catalog-backend-module-scaffolder-entity-model': '0.2.18',
  'plugin-catalog-common': '1.1.8',
  'plugin-catalog-node': '2.1.0',
  'plugin-events-backend': '0.6.5',
  'plugin-events-node': '0.4.20',
  'plugin-permission-backend': '0.7.10',
  'plugin-permission-backend-module-allow-all-policy': '0.2.17',
  'plugin-permission-common': '0.9.7',
  'plugin-permission-node': '0.10.11',
  'plugin-scaffolder-common': '2.0.0',
  'plugin-search-backend': '2.1.0',
  'plugin-search-backend-module-catalog': '0.3.13',
  'plugin-search-backend-module-pg': '0.5.53',
  'plugin-search-backend-node': '1.4.2',
  'plugin-search-common': '1.2.22',
  types: '1.2.2',
};

const withScope = versions =>
  Object.fromEntries(
    Object.entries(versions).map(([name, version]) => [
      `@backstage/${name}`,
      version,
    ]),
  );

/**
 * `dependencies` of the backend, and `resolutions` of its workspace. The module needs
 * a newer `catalog-model` and `errors` than 1.49 has, and brings its own: both
 * hold functions and types, and no service that two parts have to share.
 */
module.exports = {
  newest: { dependencies: withScope(newest), resolutions: {} },
  oldest: {
    dependencies: withScope(
      Object.fromEntries(Object.keys(newest).map(name => [name, oldest[name]])),
    ),
    resolutions: {
      ...withScope(oldest),
      '@backstage/catalog-model@npm:^1.7.7': '1.7.7',
      '@backstage/errors@npm:^1.2.7': '1.2.7',
    },
  },
};
