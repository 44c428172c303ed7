import type { SchedulerService } from '@backstage/backend-plugin-api';
import type { Entity } from '@backstage/catalog-model';
import type {
  EntityProvider,
  EntityProviderConnection,
} from '@backstage/plugin-catalog-node';

/** With an underscore, which no source has in its name: theirs are `custom-data-<source>`. */
const NAME = 'custom-data_integrations';

/** What reads the entities; or whether there are to be none, or those that are there stay. */
export type IntegrationEntities = (() => Promise<Entity[]>) | 'none' | 'keep';

/**
 * Gives the catalog the entities of integrations. It is registered also while
 * they are switched off, and then takes out those of an earlier time.
 */
export class IntegrationEntityProvider implements EntityProvider {
  constructor(
    private readonly options: {
      /** Known once the tables are ready. */
      entities: Promise<IntegrationEntities>;
      scheduler: SchedulerService;
    },
  ) {
    // Whoever connects the provider is told.
    options.entities.catch(() => undefined);
  }

  getProviderName(): string {
    return NAME;
  }

  async connect(connection: EntityProviderConnection): Promise<void> {
    const { scheduler } = this.options;
    const read = await this.options.entities;
    if (read === 'keep') {
      return;
    }
    if (read === 'none') {
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
