import type {
  TestDatabaseId,
  TestDatabases,
} from '@backstage/backend-test-utils';
import type { JsonObject } from '@backstage/types';
import type { Knex } from 'knex';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SENDER, SOON, startCatalog } from './startCatalog';
import { startRegistry, type Registry } from './startRegistry';
import { waitFor } from './waitFor';

type Catalog = Awaited<ReturnType<typeof startCatalog>>;

/** Functions are properties, so that a test may take those out that it needs. */
class World {
  private started?: Catalog;

  constructor(
    readonly knex: Knex,
    readonly registry: Registry,
    readonly folder: string,
  ) {
    ['a', 'b'].forEach(name => registry.put(name));
  }

  /** The one that was started last. */
  get catalog(): Catalog {
    return this.started!;
  }

  readonly source = () => ({
    registry: {
      url: this.registry.url,
      ...SOON,
      request: { retries: 0 },
    },
  });

  /** A source that is there for locations alone. */
  readonly readOnly = (allow: string[]) => ({
    registry: {
      url: this.registry.url,
      poll: false,
      locations: { allow },
      ...SOON,
    },
  });

  readonly start = async (
    options: { sources?: any; extra?: any; catalog?: JsonObject } = {},
  ) => {
    this.started = await startCatalog({
      knex: this.knex,
      customData: {
        sources: options.sources ?? this.source(),
        webhooks: { ci: SENDER },
        ...options.extra,
      },
      catalog: options.catalog,
    });
  };

  readonly shown = (...names: string[]) =>
    waitFor(async () => expect(await this.catalog.entities()).toEqual(names));

  /** What runs in production. */
  readonly versionOf = async (name: string) =>
    (await this.catalog.entity(name))?.metadata.annotations?.[
      'custom/deployed-version.production'
    ];

  async stop() {
    await this.started?.stop();
    await this.registry.stop();
    await rm(this.folder, { recursive: true });
  }
}

/** Runs a test with a database, a registry of the services `a` and `b`, and catalogs to start. */
export function withWorld(databases: TestDatabases) {
  return async (
    test: (world: World) => Promise<void>,
    databaseId: TestDatabaseId = 'SQLITE_3',
  ) => {
    const world = new World(
      await databases.init(databaseId),
      await startRegistry(),
      await mkdtemp(join(tmpdir(), 'custom-data-')),
    );
    try {
      await test(world);
    } finally {
      await world.stop();
    }
  };
}
