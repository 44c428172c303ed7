import type { Knex } from 'knex';
import { findByAnnotation, readLocationKeys } from '../database/catalogTables';
import type { DeploymentSubjects } from '../deployments/DeploymentSubjects';
import type { Delivery } from './delivery';

/** A delivery whose service is known, or why it is not. */
export interface ResolvedDelivery<T extends Delivery> {
  delivery: T;
  /** Why no entity could be told from its repository. */
  unresolved?: string;
}

/**
 * Gives deliveries that name a repository the service of the one entity whose
 * annotation has it. One query for each annotation.
 */
export async function resolveRepositories<T extends Delivery>(options: {
  knex: Knex;
  subjects: DeploymentSubjects;
  deliveries: readonly T[];
}): Promise<ResolvedDelivery<T>[]> {
  const { knex, subjects, deliveries } = options;
  const named = deliveries.flatMap(({ sender, event: { repository } }) =>
    repository === undefined ? [] : [{ sender, repository }],
  );
  if (named.length === 0) {
    return deliveries.map(delivery => ({ delivery }));
  }
  const found = await findRepositories({ knex, subjects, named });
  const namesakes = await readLocationKeys({
    knex,
    entityRefs: named.flatMap(each => namesakeOf(subjects, each) ?? []),
  });
  return deliveries.map(delivery => {
    const { sender, event } = delivery;
    if (event.repository === undefined) {
      return { delivery };
    }
    const place = { sender, repository: event.repository };
    const refs = found(place);
    const services = refs.flatMap(
      ref => subjects.serviceNaming(sender, ref) ?? [],
    );
    if (services.length === 1) {
      const [service] = services;
      return { delivery: { ...delivery, event: { ...event, service } } };
    }
    const namesake = namesakeOf(subjects, place);
    const unresolved = describeUnresolved({
      what: `the annotation "${subjects.annotationOf(sender)}" with "${
        event.repository
      }"`,
      refs,
      fitting: services.length,
      namesake:
        namesake !== undefined && namesakes.has(namesake)
          ? namesake
          : undefined,
    });
    return { delivery, unresolved };
  });
}

interface NamedRepository {
  sender: string;
  repository: string;
}

/** The entities of repositories, by annotation and repository. */
async function findRepositories(options: {
  knex: Knex;
  subjects: DeploymentSubjects;
  named: NamedRepository[];
}): Promise<(repository: NamedRepository) => string[]> {
  const { knex, subjects, named } = options;
  const values = new Map<string, Set<string>>();
  for (const { sender, repository } of named) {
    const annotation = subjects.annotationOf(sender);
    const known = values.get(annotation) ?? new Set();
    values.set(annotation, known.add(repository.toLowerCase()));
  }
  const found = new Map<string, Map<string, string[]>>();
  for (const [annotation, wanted] of values) {
    const refs = await findByAnnotation({
      knex,
      annotation,
      values: [...wanted],
    });
    found.set(annotation, refs);
  }
  return ({ sender, repository }) =>
    found.get(subjects.annotationOf(sender))?.get(repository.toLowerCase()) ??
    [];
}

/** The entity that has the name of a repository, which may be the one that is meant. */
function namesakeOf(
  subjects: DeploymentSubjects,
  { sender, repository }: NamedRepository,
): string | undefined {
  return subjects.entityRefOf(
    sender,
    repository.slice(repository.lastIndexOf('/') + 1),
  );
}

function describeUnresolved(options: {
  what: string;
  refs: string[];
  fitting: number;
  namesake?: string;
}): string {
  const { what, refs, fitting, namesake } = options;
  const list = refs.map(ref => `"${ref}"`).join(', ');
  if (fitting > 1) {
    return `Several entities have ${what}: ${list}; leave it on one of them, or name the service in the event`;
  }
  if (refs.length > 0) {
    return `No entity that the sender's "entity" names has ${what}; ${list} has it`;
  }
  const candidate =
    namesake === undefined ? '' : `; "${namesake}" has its name, without it`;
  return `The catalog has no entity that has ${what}${candidate}. The deployment is shown once one has it`;
}
