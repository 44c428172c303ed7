import { stringifyEntityRef, type Entity } from '@backstage/catalog-model';
import {
  type CatalogProcessor,
  type CatalogProcessorEmit,
  processingResult,
} from '@backstage/plugin-catalog-node';
import DataLoader from 'dataloader';
import type { Knex } from 'knex';
import { randomUUID } from 'node:crypto';
import {
  annotationsOf,
  isDeploymentAnnotation,
  showsExactly,
} from '../deployments/annotations';
import { findCurrentDeployments } from '../deployments/database/readDeployments';
import type { CurrentDeployment } from '../deployments/deployment';
import type { DeploymentSubjects } from '../deployments/DeploymentSubjects';
import type { UnshownDeployments } from '../deployments/UnshownDeployments';
import { deploymentRefreshKey } from '../lib/keys';

/**
 * Shows on entities what runs where, as annotations
 * `custom/deployed-version.<environment>` and `custom/deployed-at.<environment>`,
 * with `.<target>` behind where a deployment has one.
 * It removes these annotations wherever else they come from.
 *
 * One query reads the deployments of all entities that are being processed at
 * the same moment. Nothing is cached: every replica shows what is in the table.
 */
export class DeploymentProcessor implements CatalogProcessor {
  private readonly subjects: DeploymentSubjects;
  private readonly loader: DataLoader<string, CurrentDeployment[]>;
  private readonly unshown: Pick<UnshownDeployments, 'takeMark'>;

  constructor(options: {
    knex: Knex;
    subjects: DeploymentSubjects;
    unshown: Pick<UnshownDeployments, 'takeMark'>;
  }) {
    this.subjects = options.subjects;
    this.unshown = options.unshown;
    this.loader = new DataLoader(
      async entityRefs => {
        const current = await findCurrentDeployments({
          ...options,
          entityRefs,
        });
        return entityRefs.map(entityRef => current.get(entityRef) ?? []);
      },
      // What the catalog processes together arrives in one turn of the event loop.
      { cache: false, batchScheduleFn: setImmediate },
    );
  }

  getProcessorName(): string {
    return 'custom-data-deployments';
  }

  async postProcessEntity(
    entity: Entity,
    _location: unknown,
    emit: CatalogProcessorEmit,
  ): Promise<Entity> {
    const entityRef = stringifyEntityRef(entity);
    if (this.subjects.servicesOf(entityRef).length === 0) {
      return withDeployments(entity, []);
    }
    // Where this fails, the entity fails, and the catalog keeps what it has.
    const current = await this.loader.load(entityRef);
    const key = deploymentRefreshKey(entityRef);
    emit(processingResult.refresh(key));
    if (this.unshown.takeMark(entityRef)) {
      // A result unlike any before, so that the catalog makes the entity anew.
      emit(processingResult.refresh(`${key}#${randomUUID()}`));
    }
    return withDeployments(entity, current);
  }
}

/** The entity with the annotations of these deployments and no others; the same object where it has them already. */
function withDeployments(entity: Entity, current: CurrentDeployment[]): Entity {
  const present = entity.metadata.annotations ?? {};
  const shown = annotationsOf(current);
  if (showsExactly(present, shown)) {
    return entity;
  }
  const others = Object.entries(present).filter(
    ([key]) => !isDeploymentAnnotation(key),
  );
  return {
    ...entity,
    metadata: {
      ...entity.metadata,
      annotations: { ...Object.fromEntries(others), ...shown },
    },
  };
}
