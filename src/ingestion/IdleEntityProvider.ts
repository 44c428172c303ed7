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
  readonly #refusal: Error | undefined;
  #connection: EntityProviderConnection | undefined;

  static create(options: {
    name: string;
    /** Thrown on connecting, which stops the start and evicts nothing. */
    refusal?: Error;
  }): IdleEntityProvider {
    return new IdleEntityProvider(options.name, options.refusal);
  }

  private constructor(name: string, refusal: Error | undefined) {
    this.#name = name;
    this.#refusal = refusal;
  }

  getProviderName(): string {
    return this.#name;
  }

  async connect(connection: EntityProviderConnection): Promise<void> {
    if (this.#refusal) {
      throw this.#refusal;
    }
    this.#connection = connection;
  }

  get connection(): EntityProviderConnection | undefined {
    return this.#connection;
  }
}
