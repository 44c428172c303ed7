import type { BackstageCredentials } from '@backstage/backend-plugin-api';
import type { ManageStore, ProblemReport } from '../ingestion/database/reports';
import type { VisibleRefs } from './createVisibleRefs';

/**
 * Those of some problems that the caller may see: a problem tells of its entity
 * and of what its record gives, and may quote the record. One that is about
 * nothing in the catalog is for whoever may see how sources are doing.
 */
export async function visibleProblems(options: {
  source: string;
  problems: ProblemReport[];
  caller: BackstageCredentials;
  manage: Pick<ManageStore, 'refsOfRecords'>;
  visibleRefs: VisibleRefs;
}): Promise<ProblemReport[]> {
  const { source, problems, caller, manage, visibleRefs } = options;
  const recordIds = problems.flatMap(({ recordId }) => recordId ?? []);
  const given = await manage.refsOfRecords(source, [...new Set(recordIds)]);
  const refsOf = ({ entityRef, recordId }: ProblemReport) => [
    ...(entityRef === undefined ? [] : [entityRef]),
    ...((recordId !== undefined && given.get(recordId)) || []),
  ];
  const visible = await visibleRefs(problems.flatMap(refsOf), caller);
  return problems.filter(problem =>
    refsOf(problem).every(ref => visible.has(ref)),
  );
}
