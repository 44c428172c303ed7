import { type Call, STATUS } from '../terminal';
import {
  type BackendOptions,
  Backend,
  type ListOptions,
  segment,
} from './client';
import { plainTime, printFields, printJson, printList } from './output';

interface SourcesOptions extends BackendOptions, ListOptions {
  check?: boolean;
}

/** `sources`: how sources are doing. */
export async function run(call: Call<SourcesOptions>): Promise<number> {
  const { args, options, terminal } = call;
  const backend = new Backend(call);
  const [name] = args;
  if (name === undefined) {
    const { check } = options;
    const list = await backend.list('/sources', {
      limit: options.limit,
      // One that is not read may need attention.
      all: options.all || check,
    });
    printList(terminal, options, {
      list,
      rowOf,
      none: 'There are no sources.',
    });
    return statusOf(options, list.items);
  }
  const source = await backend.get(`/sources/${segment(name, 'source')}`);
  if (options.json) {
    printJson(terminal, source);
  } else {
    printFields(terminal, fieldsOf(source));
    for (const { code, message } of source.attention) {
      printFields(terminal, { [`! ${code}`]: message });
    }
  }
  return statusOf(options, [source]);
}

function statusOf({ check }: SourcesOptions, sources: any[]): number {
  return check && sources.some(({ attention }) => attention.length > 0)
    ? STATUS.PROBLEMS
    : STATUS.OK;
}

function rowOf({ name, state, entities, problems, lastRun, attention }: any) {
  return {
    NAME: name,
    STATE: state,
    ENTITIES: entities,
    ERRORS: problems.errors,
    WARNINGS: problems.warnings,
    'LAST RUN': plainTime(lastRun?.startedAt),
    OUTCOME: lastRun?.outcome,
    ATTENTION: attention.map(({ code }: any) => code).join(', '),
  };
}

function fieldsOf(source: any) {
  const { lastRun, lastSuccess, paused, pendingPlan, problems } = source;
  return {
    name: source.name,
    title: source.title,
    owner: source.owner,
    url: source.url,
    state: source.state,
    reason: source.reason,
    paused: paused && `by ${paused.by} at ${plainTime(paused.at)}`,
    'not before': plainTime(source.retryAt),
    entities: source.entities,
    problems: `${problems.errors} errors, ${problems.warnings} warnings`,
    'failures in a row': source.failures || undefined,
    'last run': lastRun && describeRun(lastRun),
    held: lastRun?.held,
    error: lastRun?.error,
    'last success': plainTime(lastSuccess?.startedAt),
    'pending plan':
      pendingPlan &&
      `${pendingPlan.count} entities${
        pendingPlan.hash ? `, hash ${pendingPlan.hash}` : ''
      }`,
  };
}

function describeRun({ kind, startedAt, outcome }: any): string {
  return `${outcome}, ${kind}, began ${plainTime(startedAt)}`;
}
