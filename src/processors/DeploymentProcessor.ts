import { stringifyEntityRef, type Entity } from '@backstage/catalog-model';
import {
  processingResult,
  type CatalogProcessor,
  type CatalogProcessorEmit,
} from '@backstage/plugin-catalog-node';
import {
  annotationsOf,
  createServiceKeyLookup,
  type ServiceKeyLookup,
} from '../deployments';
import type { CurrentDeployment, DeploymentStore } from '../model/deployment';
import {
  DEPLOYED_AT_PREFIX,
  DEPLOYED_VERSION_PREFIX,
  deploymentRefreshKey,
} from '../model/keys';
import type { SenderSettings } from '../model/settings';
import { coalesce, type Loader } from './coalesce';

/**
 * Shows on entities what runs where, as annotations
 * `custom/deployed-version.<environment>` and `custom/deployed-at.<environment>`.
 *
 * These are its own: wherever else they come from, it takes them off.
 */
export class DeploymentProcessor implements CatalogProcessor {
  private readonly lookups: Map<string, ServiceKeyLookup[]>;
  private readonly load: Loader<Map<string, CurrentDeployment[]>>;

  constructor(options: {
    /** Those at fault included: what they told has happened. */
    senders: Pick<SenderSettings, 'name' | 'entity' | 'aliases'>[];
    deployments: DeploymentStore;
  }) {
    const { senders, deployments } = options;
    this.lookups = groupBy(
      senders.map(createServiceKeyLookup),
      ({ kind, namespace }) => scopeKey(kind, namespace),
    );
    this.load = coalesce(async serviceKeys =>
      groupBy(
        await deployments.current(serviceKeys),
        ({ serviceKey }) => serviceKey,
      ),
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
    const subjects = this.subjectsOf(entity);
    if (subjects.length === 0) {
      return withDeployments(entity, {});
    }
    const rows = await this.load(subjects.map(subject => subject.serviceKey));
    const shown = subjects.flatMap(({ sender, serviceKey }) =>
      (rows.get(serviceKey) ?? []).filter(row => row.sender === sender),
    );
    emit(
      processingResult.refresh(
        deploymentRefreshKey(stringifyEntityRef(entity)),
      ),
    );
    return withDeployments(entity, annotationsOf(shown));
  }

  /** Whose services, by which key, show on an entity. */
  private subjectsOf(
    entity: Entity,
  ): Array<{ sender: string; serviceKey: string }> {
    const { namespace = 'default', name } = entity.metadata;
    const lookups = this.lookups.get(scopeKey(entity.kind, namespace));
    const entityName = name.toLowerCase();
    return (lookups ?? []).flatMap(({ sender, serviceKeysOf }) =>
      serviceKeysOf(entityName).map(serviceKey => ({ sender, serviceKey })),
    );
  }
}

function scopeKey(kind: string, namespace: string): string {
  return `${kind}:${namespace}`.toLowerCase();
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

/** The entity with these of our annotations and no other; the same object where it has them already. */
function withDeployments(
  entity: Entity,
  deployments: Record<string, string>,
): Entity {
  const present = entity.metadata.annotations ?? {};
  const stale = Object.keys(present).filter(
    key => isOurs(key) && present[key] !== deployments[key],
  );
  const added = Object.keys(deployments).filter(
    key => present[key] !== deployments[key],
  );
  if (stale.length === 0 && added.length === 0) {
    return entity;
  }
  const kept = Object.entries(present).filter(([key]) => !isOurs(key));
  const annotations = { ...Object.fromEntries(kept), ...deployments };
  return { ...entity, metadata: { ...entity.metadata, annotations } };
}

function isOurs(key: string): boolean {
  return (
    key.startsWith(DEPLOYED_VERSION_PREFIX) ||
    key.startsWith(DEPLOYED_AT_PREFIX)
  );
}
