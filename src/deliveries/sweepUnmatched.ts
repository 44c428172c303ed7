import type { Knex } from 'knex';
import type { SenderSettings } from '../config/sender';
import { findByAnnotation, readLocationKeys } from '../database/catalogTables';
import { DeploymentSubjects } from '../deployments/DeploymentSubjects';
import type { Service } from '../deployments/deployment';
import { listUnmatchedServices, requeueUnmatched } from './database/requeue';

const PAGE_SIZE = 1000;

/**
 * Has unmatched deliveries processed again whose entity the catalog has by now;
 * returns how many. It reads their services, which are fewer than the
 * deliveries.
 */
export async function sweepUnmatched(options: {
  knex: Knex;
  /** The senders that are in order: deliveries of others would only fail. */
  senders: SenderSettings[];
  /** Called when a delivery is due. */
  onDeliveryDue: () => void;
  now: () => Date;
  signal: AbortSignal;
}): Promise<number> {
  const { knex, senders, onDeliveryDue, now, signal } = options;
  const subjects = new DeploymentSubjects(senders);
  const entityRefOf = ({ sender, serviceKey }: Service) =>
    subjects.entityRefOf(sender, serviceKey);
  let requeued = 0;
  let after: Service | undefined;
  while (!signal.aborted) {
    const page = await listUnmatchedServices({ knex, limit: PAGE_SIZE, after });
    const entityRefs = page.map(entityRefOf).filter(ref => ref !== undefined);
    const known = await readLocationKeys({
      knex,
      entityRefs: [...new Set(entityRefs)],
    });
    const found = await findRepositories({ knex, subjects, services: page });
    const services = page.filter(
      each => known.has(entityRefOf(each) ?? '') || found.has(each),
    );
    if (services.length > 0) {
      requeued += await requeueUnmatched({ knex, services, now: now() });
      onDeliveryDue();
    }
    if (page.length < PAGE_SIZE) {
      break;
    }
    after = page[page.length - 1];
  }
  return requeued;
}

/** Those that are repositories of exactly one entity by now. */
async function findRepositories(options: {
  knex: Knex;
  subjects: DeploymentSubjects;
  services: Service[];
}): Promise<Set<Service>> {
  const { knex, subjects, services } = options;
  const repositories = services.filter(({ serviceKey }) =>
    serviceKey.includes('/'),
  );
  const found = new Set<Service>();
  const annotations = new Set(
    repositories.map(({ sender }) => subjects.annotationOf(sender)),
  );
  for (const annotation of annotations) {
    const own = repositories.filter(
      ({ sender }) => subjects.annotationOf(sender) === annotation,
    );
    const refs = await findByAnnotation({
      knex,
      annotation,
      values: [...new Set(own.map(({ serviceKey }) => serviceKey))],
    });
    for (const service of own) {
      const fitting = (refs.get(service.serviceKey) ?? []).filter(
        ref => subjects.serviceNaming(service.sender, ref) !== undefined,
      );
      if (fitting.length === 1) {
        found.add(service);
      }
    }
  }
  return found;
}
