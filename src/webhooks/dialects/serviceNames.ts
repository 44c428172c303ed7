import {
  aliasesByServiceKey,
  nameFault,
  parseEntityTemplate,
} from '../../config/senderEntity';
import type { SenderSettings } from '../../config/settings';

/** What a sender's names of services mean, worked out once. */
export interface ServiceNames {
  /** What an alias makes of a service's name, or the name as it is. */
  resolve(service: string): string;
  /** Why no entity can be what an event of a service is about. */
  faultOf(service: string): string | undefined;
  /** Of the entities that its events are about. */
  namespace: string;
}

export function createServiceNames(
  sender: Pick<SenderSettings, 'aliases' | 'entity'>,
): ServiceNames {
  const template = parseEntityTemplate(sender.entity);
  const aliases = aliasesByServiceKey(sender);
  const resolve = (service: string) =>
    aliases.get(service.toLowerCase()) ?? service;
  return {
    resolve,
    faultOf: service => nameFault(template, resolve(service)),
    namespace: template.namespace,
  };
}
