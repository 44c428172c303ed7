import type { Entity } from '@backstage/catalog-model';
import {
  processingResult,
  type CatalogProcessor,
  type CatalogProcessorEmit,
} from '@backstage/plugin-catalog-node';
import {
  annotationsOf,
  createServiceKeyLookup,
  isDeploymentAnnotation,
  type ServiceKeyLookup,
} from '../deployments';
import type { DeploymentHead, DeploymentStore } from '../model/deployment';
import { deploymentRefreshKey } from '../model/keys';
import type { SenderSettings } from '../model/settings';
import { coalesce, type Loader } from './coalesce';
import { createPromiseStore } from './createPromiseStore';

/**
 * Shows on entities what runs where, as annotations
 * `custom/deployed-version.<environment>` and `custom/deployed-at.<environment>`.
 *
 * These are its own: wherever else they come from, it takes them off.
 */
export class DeploymentProcessor implements CatalogProcessor {
  private readonly lookups: Map<string, ServiceKeyLookup[]>;
  private readonly load: Loader<Map<string, DeploymentHead[]>>;
  private readonly lookedUp =
    createPromiseStore<Map<string, DeploymentHead[]>>();

  constructor(options: {
    /** Those at fault included: what they told has happened. */
    senders: Pick<SenderSettings, 'name' | 'entity' | 'aliases'>[];
    deployments: Pick<DeploymentStore, 'heads'>;
  }) {
    const { senders, deployments } = options;
    this.lookups = groupBy(
      senders.map(createServiceKeyLookup),
      ({ kind, namespace }) => `${kind}:${namespace}`,
    );
    this.load = coalesce(async serviceKeys =>
      groupBy(
        await deployments.heads(serviceKeys),
        ({ serviceKey }) => serviceKey,
      ),
    );
  }

  getProcessorName(): string {
    return 'custom-data-deployments';
  }

  /**
   * Begins to look up what runs: the catalog takes entities up several at a
   * time, and so they share a query, which goes on while others process them.
   * What is committed later brings another pass with it.
   */
  async preProcessEntity(entity: Entity): Promise<Entity> {
    const subject = this.subjectOf(entity);
    if (subject) {
      this.lookedUp.add(subject.entityRef, this.load(subject.serviceKeys));
    }
    return entity;
  }

  async postProcessEntity(
    entity: Entity,
    _location: unknown,
    emit: CatalogProcessorEmit,
  ): Promise<Entity> {
    const subject = this.subjectOf(entity);
    if (!subject) {
      return withDeployments(entity, []);
    }
    const { entityRef, services, serviceKeys } = subject;
    const heads = await (this.lookedUp.take(entityRef) ??
      this.load(serviceKeys));
    emit(processingResult.refresh(deploymentRefreshKey(entityRef)));
    return withDeployments(entity, headsOf(services, heads));
  }

  /** What is told of an entity; undefined where nobody can tell of it. */
  private subjectOf(entity: Entity): Subject | undefined {
    const { kind } = entity;
    const { namespace = 'default', name } = entity.metadata;
    const scope = `${kind}:${namespace}`.toLowerCase();
    const lookups = this.lookups.get(scope);
    if (!lookups) {
      return undefined;
    }
    const entityName = name.toLowerCase();
    const services: Service[] = [];
    for (const { sender, serviceKeysOf } of lookups) {
      for (const serviceKey of serviceKeysOf(entityName)) {
        services.push({ sender, serviceKey });
      }
    }
    return services.length === 0
      ? undefined
      : {
          entityRef: `${scope}/${entityName}`,
          services,
          serviceKeys: services.map(({ serviceKey }) => serviceKey),
        };
  }
}

/** A service of a sender that shows on an entity. */
interface Service {
  sender: string;
  serviceKey: string;
}

interface Subject {
  entityRef: string;
  services: Service[];
  serviceKeys: string[];
}

function headsOf(
  services: Service[],
  heads: Map<string, DeploymentHead[]>,
): DeploymentHead[] {
  const found: DeploymentHead[] = [];
  for (const { sender, serviceKey } of services) {
    for (const head of heads.get(serviceKey) ?? []) {
      if (head.sender === sender) {
        found.push(head);
      }
    }
  }
  return found;
}

function groupBy<T>(
  values: T[],
  keyOf: (value: T) => string,
): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const value of values) {
    const group = groups.get(keyOf(value));
    if (group) {
      group.push(value);
    } else {
      groups.set(keyOf(value), [value]);
    }
  }
  return groups;
}

/** The entity with our annotations of these and no other; the same object where it has them already. */
function withDeployments(entity: Entity, heads: DeploymentHead[]): Entity {
  const present = entity.metadata.annotations ?? {};
  const ours = Object.keys(present).filter(isDeploymentAnnotation);
  // Most entities are done with here, in each pass of the catalog.
  if (ours.length === 0 && heads.length === 0) {
    return entity;
  }
  const shown = annotationsOf(heads);
  const keys = Object.keys(shown);
  if (
    ours.length === keys.length &&
    keys.every(key => present[key] === shown[key])
  ) {
    return entity;
  }
  const annotations: Record<string, string> = {};
  for (const key of Object.keys(present)) {
    if (!isDeploymentAnnotation(key)) {
      annotations[key] = present[key];
    }
  }
  Object.assign(annotations, shown);
  return { ...entity, metadata: { ...entity.metadata, annotations } };
}
