import type {
  EntityProvider,
  EntityProviderConnection,
} from '@backstage/plugin-catalog-node';

/**
 * A provider that emits nothing. Registered for a source that is misconfigured
 * or no longer configured, it keeps the catalog from evicting that source's
 * entities; and it lends its connection to whoever needs to refresh keys.
 */
export class IdleEntityProvider implements EntityProvider {
  readonly #name: string;
  #connection: EntityProviderConnection | undefined;

  static create(options: { name: string }): IdleEntityProvider {
    return new IdleEntityProvider(options.name);
  }

  private constructor(name: string) {
    this.#name = name;
  }

  getProviderName(): string {
    return this.#name;
  }

  async connect(connection: EntityProviderConnection): Promise<void> {
    this.#connection = connection;
  }

  get connection(): EntityProviderConnection | undefined {
    return this.#connection;
  }
}
