import { parseEntityRef } from '@backstage/catalog-model';
import type { SenderSettings } from '../config/sender';
import { createEntityRefOf, parseEntityTemplate } from '../config/senderEntity';
import { repositoryAnnotationOf } from '../config/signatures';
import type { Service } from './deployment';

type Sender = Pick<
  SenderSettings,
  'name' | 'entity' | 'aliases' | 'repositoryAnnotation'
> & { dialect?: string };

/** Which services are about which entities, as the senders are configured. */
export class DeploymentSubjects {
  private readonly refsBySender: Map<string, (service: string) => string>;
  private readonly senders: Map<string, Sender>;
  /** By the only kind and namespace that the events of a sender are about. */
  private readonly lookups = new Map<string, ServiceLookup[]>();

  /** Takes misconfigured senders too, since what they reported has happened. */
  constructor(senders: Sender[]) {
    this.senders = new Map(senders.map(sender => [sender.name, sender]));
    this.refsBySender = new Map(
      senders.map(sender => [sender.name, createEntityRefOf(sender)]),
    );
    for (const sender of senders) {
      const { kind, namespace } = parseEntityTemplate(sender.entity);
      const scope = `${kind}:${namespace}`;
      this.lookups.set(scope, [
        ...(this.lookups.get(scope) ?? []),
        createServiceLookup(sender),
      ]);
    }
  }

  /** The entity, in lower case, that a sender's service is about; undefined for an unknown sender. */
  entityRefOf(sender: string, service: string): string | undefined {
    return this.refsBySender.get(sender)?.(service);
  }

  /** The annotation by which the entity of a sender's repository is found. */
  annotationOf(sender: string): string {
    const { repositoryAnnotation, dialect = '' } =
      this.senders.get(sender) ?? {};
    return repositoryAnnotation ?? repositoryAnnotationOf(dialect);
  }

  /** The service by which a sender names an entity; undefined for one that it cannot name. */
  serviceNaming(sender: string, entityRef: string): string | undefined {
    return this.servicesOf(entityRef).find(each => each.sender === sender)
      ?.serviceKey;
  }

  /** The services whose deployments an entity shows. */
  servicesOf(entityRef: string): Service[] {
    const { kind, namespace, name } = parseEntityRef(entityRef.toLowerCase());
    const lookups = this.lookups.get(`${kind}:${namespace}`) ?? [];
    return lookups.flatMap(servicesOf => servicesOf(name));
  }

  groupByEntity<T extends Service>(rows: Iterable<T>): Map<string, T[]> {
    const groups = new Map<string, T[]>();
    for (const row of rows) {
      const entityRef = this.entityRefOf(row.sender, row.serviceKey);
      const group = entityRef === undefined ? undefined : groups.get(entityRef);
      if (group) {
        group.push(row);
      } else if (entityRef !== undefined) {
        groups.set(entityRef, [row]);
      }
    }
    return groups;
  }
}

/** The services of one sender that are about the entity of this name, given in lower case. */
type ServiceLookup = (entityName: string) => Service[];

/** The inverse of `createEntityRefOf`; template and aliases are read once. */
function createServiceLookup(sender: Sender): ServiceLookup {
  const { namePrefix, nameSuffix } = parseEntityTemplate(sender.entity);
  const { aliases } = sender;
  const keysByAlias = new Map<string, string[]>();
  for (const [key, alias] of Object.entries(aliases)) {
    const target = alias.toLowerCase();
    keysByAlias.set(target, [...(keysByAlias.get(target) ?? []), key]);
  }
  return entityName => {
    if (
      entityName.length <= namePrefix.length + nameSuffix.length ||
      !entityName.startsWith(namePrefix) ||
      !entityName.endsWith(nameSuffix)
    ) {
      return [];
    }
    const service = entityName.slice(
      namePrefix.length,
      entityName.length - nameSuffix.length,
    );
    const own = Object.hasOwn(aliases, service) ? [] : [service];
    return [...own, ...(keysByAlias.get(service) ?? [])].map(serviceKey => ({
      sender: sender.name,
      serviceKey,
    }));
  };
}
