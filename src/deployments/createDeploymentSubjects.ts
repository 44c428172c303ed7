import { parseEntityRef } from '@backstage/catalog-model';
import { createEntityRefOf } from '../config/senderEntity';
import type { SenderSettings } from '../config/settings';
import type { DeploymentSubjects } from './deployment';
import { newestOf } from './newestHeads';
import { createServiceKeyLookup } from './serviceKeys';

/** How services and entities go together for these senders. */
export function createDeploymentSubjects(
  /** Those at fault included: what they told has happened. */
  senders: Pick<SenderSettings, 'name' | 'entity' | 'aliases'>[],
): DeploymentSubjects {
  const refsByName = new Map(
    senders.map(sender => [sender.name, createEntityRefOf(sender)]),
  );
  const lookups = senders.map(createServiceKeyLookup);
  return {
    subjectsOf(entityRef) {
      const { kind, namespace, name } = parseEntityRef(entityRef.toLowerCase());
      return lookups
        .filter(each => each.kind === kind && each.namespace === namespace)
        .map(({ sender, serviceKeysOf }) => ({
          sender,
          serviceKeys: serviceKeysOf(name),
        }))
        .filter(({ serviceKeys }) => serviceKeys.length > 0);
    },
    entityRefOf: (name, service) => refsByName.get(name)?.(service),
    newestOf,
  };
}
