import type {
  BackstageCredentials,
  LoggerService,
} from '@backstage/backend-plugin-api';
import type { CatalogService } from '@backstage/plugin-catalog-node';
import type { Knex } from 'knex';
import { readCatalogEntities } from '../database/catalogEntities';
import { deploymentRefreshKey } from '../lib/keys';
import { counted } from '../lib/values';
import { annotationsOf, showsExactly } from './annotations';
import {
  findCurrentDeployments,
  listDeployedServices,
} from './database/readDeployments';
import type { DeploymentSubjects } from './DeploymentSubjects';
import type { Service } from './deployment';

const PAGE_SIZE = 1000;
const REFS_IN_LOG = 3;

/**
 * Finds entities that do not show what runs on them, and has the catalog
 * process them again. That is rare: a process that was killed, or one entity
 * processed twice at once, may leave the catalog with an older result. Every
 * replica compares, since any of them may process the entity and needs its mark.
 */
export class UnshownDeployments {
  /** Of the last comparison in this process. */
  private found = new Set<string>();
  private readonly marks = new Set<string>();

  constructor(
    private readonly options: {
      knex: Knex;
      subjects: DeploymentSubjects;
      catalog: Pick<CatalogService, 'getEntitiesByRefs'>;
      credentials: () => Promise<BackstageCredentials>;
      refreshKeys: (keys: string[]) => Promise<void>;
      logger: LoggerService;
    },
  ) {}

  /**
   * Whether the last comparison found the entity. True once. The catalog takes no
   * notice of a result that is the same as before, so it needs another one.
   */
  takeMark(entityRef: string): boolean {
    return this.marks.delete(entityRef);
  }

  /** Compares all that runs with what the catalog shows, a page of services at a time. */
  async compare(signal: AbortSignal): Promise<void> {
    const { knex, refreshKeys } = this.options;
    const found = new Set<string>();
    // What another replica has healed is not found again.
    this.marks.clear();
    let after: Service | undefined;
    do {
      const limit = PAGE_SIZE;
      const page = await listDeployedServices({ knex, limit, after });
      const entityRefs = [...this.options.subjects.groupByEntity(page).keys()];
      const { unshown } = await this.compareEntities(entityRefs);
      if (unshown.length > 0) {
        unshown.forEach(ref => found.add(ref) && this.marks.add(ref));
        await refreshKeys(unshown.map(deploymentRefreshKey));
      }
      after = page.length < PAGE_SIZE ? undefined : page[PAGE_SIZE - 1];
    } while (after && !signal.aborted);
    this.report(found);
  }

  /** Those of the entities that show what runs on them, and those that do not; neither where the catalog lacks one. */
  async compareEntities(
    entityRefs: string[],
  ): Promise<{ shown: string[]; unshown: string[] }> {
    const { credentials } = this.options;
    const current = await findCurrentDeployments({
      ...this.options,
      entityRefs,
    });
    const entities = await readCatalogEntities({
      ...this.options,
      entityRefs,
      fields: ['metadata.annotations'],
      credentials: await credentials(),
    });
    const isShown = (entityRef: string) =>
      showsExactly(
        entities.get(entityRef)!.metadata?.annotations ?? {},
        annotationsOf(current.get(entityRef) ?? []),
      );
    const refs = [...entities.keys()];
    return {
      shown: refs.filter(isShown),
      unshown: refs.filter(ref => !isShown(ref)),
    };
  }

  /** Logs only what the last comparison did not find. */
  private report(found: Set<string>): void {
    const begun = [...found].filter(ref => !this.found.has(ref));
    this.found = found;
    if (begun.length > 0) {
      const refs = begun.slice(0, REFS_IN_LOG).map(ref => `"${ref}"`);
      const more = begun.length - refs.length;
      this.options.logger.info(
        `The catalog processes ${counted(
          begun.length,
          'entity',
        )} again, since what runs there does not show: ${refs.join(', ')}${
          more > 0 ? ` and ${more} more` : ''
        }`,
      );
    }
  }
}
