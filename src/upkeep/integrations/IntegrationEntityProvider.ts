import type { SchedulerService } from '@backstage/backend-plugin-api';
import type { Entity } from '@backstage/catalog-model';
import type {
  EntityProvider,
  EntityProviderConnection,
} from '@backstage/plugin-catalog-node';

/** With an underscore, which no source has in its name: theirs are `custom-data-<source>`. */
const NAME = 'custom-data_integrations';

/**
 * Gives the catalog the entities of integrations. It is registered also while
 * they are switched off, and then takes out those of an earlier time.
 */
export class IntegrationEntityProvider implements EntityProvider {
  constructor(
    private readonly options: {
      /** What reads the entities once the tables are ready; undefined while they are switched off. */
      reader: Promise<(() => Promise<Entity[]>) | undefined>;
      scheduler: SchedulerService;
    },
  ) {
    // Whoever connects the provider is told.
    options.reader.catch(() => undefined);
  }

  getProviderName(): string {
    return NAME;
  }

  async connect(connection: EntityProviderConnection): Promise<void> {
    const { reader, scheduler } = this.options;
    const read = await reader;
    if (!read) {
      await connection.applyMutation({ type: 'full', entities: [] });
      return;
    }
    await scheduler.scheduleTask({
      id: 'custom-data-integrations',
      scope: 'global',
      frequency: { minutes: 10 },
      // By then most sources have had their first run.
      initialDelay: { minutes: 1 },
      timeout: { minutes: 10 },
      fn: async () => {
        const entities = await read();
        // The catalog compares each with what it has, and writes only what differs.
        await connection.applyMutation({
          type: 'full',
          entities: entities.map(entity => ({ entity, locationKey: NAME })),
        });
      },
    });
  }
}
