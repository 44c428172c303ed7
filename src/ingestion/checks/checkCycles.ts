import type { SourceSettings } from '../../config/settings';
import type { CatalogRelations } from '../../database/catalogTables';
import type { Problem, ProblemCode } from '../../lib/problem';
import type { SyncStore } from '../database/SyncStore';
import type { ObservedRecord } from '../planTypes';
import { OutsideRelations } from './OutsideRelations';
import type { GraphEdge } from './RelationGraph';
import { closedCycles, presentCycles } from './cycleProblems';
import { loadGraph, type RunRelations } from './loadGraph';
import { mappedEntities } from './mappedEntities';

const CODE: ProblemCode = 'relation-cycle';

interface CycleOptions {
  source: string;
  policy: SourceSettings['cycles'];
  observed: ObservedRecord[];
  /** Problems that are known; those of cycles are judged again. */
  open: Problem[];
  /** Refs that the source had before; of these, only relations that are new are searched from. */
  known: ReadonlySet<string>;
  /** Records of the source that the list lacks. */
  gone: string[];
  store: Pick<SyncStore, 'loadEntities' | 'holders'>;
  relations: CatalogRelations;
  signal: AbortSignal;
  /** How many entities that are not of the run may be looked at. */
  mostRefs?: number;
}

export interface CycleOutcome {
  /** With those records as invalid that closed a cycle, where the policy is `reject`. */
  observed: ObservedRecord[];
  /** Beside those of invalid records. */
  problems: Problem[];
  /** Codes of which the run judged every problem. */
  judged: ProblemCode[];
}

/**
 * Looks for cycles of relations through what a run has mapped, and through what
 * was on a cycle before. A rejected record gives its last good relations again,
 * which may lie on a cycle with others, so that it goes on until none is closed.
 */
export async function checkCycles(
  options: CycleOptions,
): Promise<CycleOutcome> {
  const { policy, observed, mostRefs } = options;
  if (policy === 'ignore') {
    return { observed, problems: [], judged: [CODE] };
  }
  const outside = new OutsideRelations({ ...options, mostRefs });
  const all = await relationsOf(observed, options.gone);
  const starts = new Set([
    ...(await newSources(all, options.known, outside)),
    ...openRefs(options.open),
  ]);
  if (starts.size === 0) {
    return { observed, problems: [], judged: [CODE] };
  }
  const rejected = new Map<string, Problem[]>();
  let mapped = all;
  let graph = await loadGraph({ ...options, starts, mapped, outside });
  while (policy === 'reject' && !graph.isAcyclic) {
    const found = await closedCycles({
      ...options,
      starts,
      mapped,
      graph,
      outside,
    });
    if (found.size === 0) {
      break;
    }
    found.forEach((problems, recordId) => rejected.set(recordId, problems));
    mapped = without(mapped, rejected);
    graph = await loadGraph({ ...options, starts, mapped, outside });
  }
  return {
    observed: rejected.size
      ? observed.map(record => reject(record, rejected.get(record.recordId)))
      : observed,
    problems: [
      ...(graph.isAcyclic
        ? []
        : presentCycles({ ...options, starts, mapped, graph, outside })),
      ...(outside.isExhausted ? [tooMany(options.source)] : []),
    ],
    judged: outside.isExhausted ? [] : [CODE],
  };
}

async function relationsOf(
  observed: ObservedRecord[],
  gone: string[],
): Promise<RunRelations> {
  const mapped = observed.filter(({ outcome }) => outcome.type === 'mapped');
  return {
    records: new Set([...mapped.map(({ recordId }) => recordId), ...gone]),
    entities: await mappedEntities(mapped),
  };
}

/** Where relations lead away from that were not there before. */
async function newSources(
  { entities }: RunRelations,
  known: ReadonlySet<string>,
  outside: OutsideRelations,
): Promise<Set<string>> {
  const refs = entities.map(({ entityRef }) => entityRef);
  await outside.readAll(refs.filter(ref => known.has(ref)));
  const sources = new Set<string>();
  for (const { entityRef, edges } of entities) {
    const before = outside.get(entityRef)?.edges ?? [];
    for (const edge of edges) {
      if (!before.some(other => isSame(edge, other))) {
        sources.add(edge.source);
      }
    }
  }
  return sources;
}

function isSame(edge: GraphEdge, other: GraphEdge): boolean {
  return (
    edge.target === other.target &&
    edge.source === other.source &&
    edge.type === other.type
  );
}

function openRefs(open: Problem[]): string[] {
  return open.flatMap(({ code, entityRef = [] }) =>
    code === CODE ? entityRef : [],
  );
}

function without(
  { records, entities }: RunRelations,
  rejected: ReadonlyMap<string, unknown>,
): RunRelations {
  return {
    records: new Set([...records].filter(id => !rejected.has(id))),
    entities: entities.filter(({ recordId }) => !rejected.has(recordId)),
  };
}

function reject(
  record: ObservedRecord,
  problems: Problem[] | undefined,
): ObservedRecord {
  if (!problems) {
    return record;
  }
  const { outcome } = record;
  const warnings = outcome.type === 'mapped' ? outcome.problems ?? [] : [];
  return {
    ...record,
    outcome: { type: 'invalid', problems: [...warnings, ...problems] },
  };
}

function tooMany(source: string): Problem {
  return {
    code: CODE,
    severity: 'warning',
    message: `Source "${source}": its relations lead to more entities than are looked at for cycles, so that some cycles may not be told`,
  };
}
