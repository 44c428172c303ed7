import type { KnownSource } from '../ingestion/control/createSourceControl';
import type { SourceReport } from '../ingestion/database/reports';

export type SourceStatus =
  | 'idle'
  | 'running'
  | 'backing-off'
  | 'paused'
  | 'misconfigured'
  | 'unconfigured';

/** A source as people see it: what its configuration says and how it is doing. */
export function presentSource(options: {
  source: KnownSource;
  report: SourceReport;
  now: Date;
}) {
  const { source, report, now } = options;
  const { state, entities, lastRun, lastSuccess, pendingPlan } = report;
  const configured = source.type === 'configured' ? source : undefined;
  return {
    name: source.name,
    state: statusOf(source, report, now),
    reason: source.type === 'misconfigured' ? source.reason : undefined,
    title: configured?.title,
    owner: configured?.owner,
    type: configured?.readBy,
    url: configured?.url && publicUrl(configured.url),
    poll: configured?.poll,
    entities,
    failures: state.failures,
    retryAt: state.retryAt?.toISOString(),
    paused: state.paused && {
      by: state.paused.by,
      at: state.paused.at.toISOString(),
    },
    lastRun,
    lastSuccess,
    pendingPlan,
    problems: report.problems,
  };
}

function statusOf(
  source: KnownSource,
  { state }: SourceReport,
  now: Date,
): SourceStatus {
  if (source.type !== 'configured') {
    return source.type;
  }
  if (state.lease && state.lease.expiresAt > now) {
    return 'running';
  }
  if (source.paused || state.paused) {
    return 'paused';
  }
  return state.retryAt && state.retryAt > now ? 'backing-off' : 'idle';
}

/** Without what may carry a credential. */
function publicUrl(text: string): string | undefined {
  if (!URL.canParse(text)) {
    return undefined;
  }
  const { origin, pathname } = new URL(text);
  return `${origin}${pathname}`;
}
