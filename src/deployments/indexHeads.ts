import type { DeploymentHead, DeploymentSubjects } from './deployment';

type Subjects = ReturnType<DeploymentSubjects['subjectsOf']>;

/** Finds those heads that are of an entity. */
export type HeadIndex = (subjects: Subjects) => DeploymentHead[];

export function indexHeads(heads: Iterable<DeploymentHead>): HeadIndex {
  const byKey = new Map<string, DeploymentHead[]>();
  for (const head of heads) {
    const others = byKey.get(head.serviceKey);
    if (others) {
      others.push(head);
    } else {
      byKey.set(head.serviceKey, [head]);
    }
  }
  return subjects =>
    subjects.flatMap(({ sender, serviceKeys }) =>
      serviceKeys.flatMap(key =>
        (byKey.get(key) ?? []).filter(head => head.sender === sender),
      ),
    );
}

/** The service keys of subjects, each once. */
export function serviceKeysIn(subjects: Iterable<Subjects>): string[] {
  const keys = new Set<string>();
  for (const each of subjects) {
    for (const { serviceKeys } of each) {
      serviceKeys.forEach(key => keys.add(key));
    }
  }
  return [...keys];
}
