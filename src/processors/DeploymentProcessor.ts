import type { Entity } from '@backstage/catalog-model';
import {
  type CatalogProcessor,
  type CatalogProcessorEmit,
  processingResult,
} from '@backstage/plugin-catalog-node';
import type { SenderSettings } from '../config/settings';
import type { HeadsSnapshot } from '../deployments/HeadsSnapshot';
import type { KnownHead } from '../deployments/LatestHeads';
import {
  annotationsOf,
  isDeploymentAnnotation,
} from '../deployments/annotationsOf';
import type { DeploymentStore } from '../deployments/deployment';
import {
  createServiceKeyLookup,
  type ServiceKeyLookup,
} from '../deployments/serviceKeys';
import { deploymentRefreshKey } from '../lib/keys';
import { createHeadsWatch, type HeadsWatch } from './createHeadsWatch';

/**
 * Shows on entities what runs where, as annotations
 * `custom/deployed-version.<environment>` and `custom/deployed-at.<environment>`.
 *
 * These are its own: wherever else they come from, it takes them off.
 *
 * What runs it tells from memory, for which there is a query a few times a
 * second, however many entities are processed.
 */
export class DeploymentProcessor implements CatalogProcessor {
  private readonly lookups: Map<string, ServiceKeyLookup[]>;
  private readonly snapshot: HeadsSnapshot;
  private readonly watch: HeadsWatch;

  constructor(options: {
    /** Those at fault included: what they told has happened. */
    senders: Pick<SenderSettings, 'name' | 'entity' | 'aliases'>[];
    deployments: Pick<DeploymentStore, 'changedHeads'>;
    /** Is told by others, too, of what this process recorded. */
    snapshot: HeadsSnapshot;
    /** Milliseconds that only ever grow. */
    elapsed?: () => number;
  }) {
    const { senders, elapsed = () => performance.now() } = options;
    this.lookups = groupBy(
      senders.map(createServiceKeyLookup),
      ({ kind, namespace }) => `${kind}:${namespace}`,
    );
    this.snapshot = options.snapshot;
    this.watch = createHeadsWatch({ ...options, elapsed });
  }

  getProcessorName(): string {
    return 'custom-data-deployments';
  }

  /** Begins a look where one is due, so that it goes on while others process the entity. */
  async preProcessEntity(entity: Entity): Promise<Entity> {
    if (this.subjectOf(entity)) {
      // Whoever needs it asks again, and hears of a failure.
      this.watch.upToDate()?.catch(() => undefined);
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
    // A failure fails the entity, and the catalog keeps what it has of it.
    await this.watch.upToDate();
    emit(processingResult.refresh(deploymentRefreshKey(subject.entityRef)));
    return withDeployments(entity, this.headsOf(subject.services));
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
      : { entityRef: `${scope}/${entityName}`, services };
  }

  private headsOf(services: Service[]): KnownHead[] {
    const found: KnownHead[] = [];
    for (const { sender, serviceKey } of services) {
      for (const head of this.snapshot.headsOf(serviceKey)) {
        if (head.sender === sender) {
          found.push(head);
        }
      }
    }
    return found;
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
function withDeployments(entity: Entity, heads: KnownHead[]): Entity {
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
