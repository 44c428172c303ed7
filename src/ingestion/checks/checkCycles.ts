import type { Knex } from 'knex';
import { setImmediate } from 'node:timers/promises';
import { readRelations } from '../../database/catalogTables';
import { inChunks } from '../../lib/inChunks';
import type { Problem, RelationEdge } from '../../lib/problem';
import {
  cycleProblem,
  type Edge,
  edgeKey,
  edgesOnCycles,
  shortestCycles,
} from '../../validation/findCycles';
import { relationEdges } from '../../validation/relationEdges';
import { type ProblemOutcome, readProblems } from '../database/problems';
import { readGivenEntities, type StoredRecords } from '../database/records';
import type { ObservedRecord } from '../mapRecord';
import type { RunContext } from '../runContext';

const CODE = 'relation-cycle';

export interface CycleContext extends Pick<RunContext, 'settings' | 'signal'> {
  /** Undefined where nothing is stored, and the catalog has nothing. */
  knex: Knex | undefined;
  /** If not, all of the source's entities are checked, and not only new relations. */
  reusable: boolean;
}

interface MappedEntity {
  recordId: string;
  entityRef: string;
  edges: Edge[];
}

/**
 * The relations that a run leads to: those that it mapped, those of other
 * entities of the source, and those that the catalog has from others.
 */
class RelationGraph {
  /** The relations that the last search found on cycles. */
  onCycles: Edge[] = [];
  readonly #context: CycleContext;
  readonly #starts: string[];
  #mapped: MappedEntity[];
  /** Which record gives an entity that the run mapped. */
  #recordIds: Map<string, string>;
  /** Records whose stored entities no longer count. */
  #replaced: Set<string>;
  /** Relations as they were before the run, of the refs that were loaded. */
  readonly #before = new Map<string, { recordId?: string; edges: Edge[] }>();

  constructor(
    context: CycleContext,
    options: { mapped: MappedEntity[]; replaced: string[]; starts: string[] },
  ) {
    const { mapped, replaced, starts } = options;
    this.#context = context;
    this.#starts = starts;
    this.#mapped = mapped;
    this.#recordIds = recordIdsOf(mapped);
    this.#replaced = new Set(replaced);
  }

  /** Whether the run has relations that were not there before. */
  async isExtended(): Promise<boolean> {
    const edges = this.#mapped.flatMap(entity => entity.edges);
    return (await this.#newEdges(edges)).length > 0;
  }

  /** Loads the relations step by step, then finds all that are on cycles in one pass. */
  async search(): Promise<void> {
    const edges = this.#mapped.flatMap(entity => entity.edges);
    const seen = new Set(this.#recordIds.keys());
    let next = [...this.#starts, ...edges.map(({ target }) => target)];
    while (next.length > 0) {
      this.#context.signal.throwIfAborted();
      const refs = [...new Set(next)].filter(ref => !seen.has(ref));
      refs.forEach(ref => seen.add(ref));
      await this.#load(refs);
      const found = refs.flatMap(ref => this.#unchangedEdges(ref));
      found.forEach(edge => edges.push(edge));
      next = found.map(({ target }) => target);
    }
    this.onCycles = edgesOnCycles(edges);
  }

  /** Of relations on cycles, those that the run mapped and that were not there before. */
  closingEdges(): Promise<Edge[]> {
    return this.#newEdges(
      this.onCycles.filter(({ giver = '' }) => this.#recordIds.has(giver)),
    );
  }

  /** Replaces what the run mapped of these records by what was there before. */
  revert(rejected: Set<string>): void {
    this.#mapped = this.#mapped.filter(e => !rejected.has(e.recordId));
    this.#recordIds = recordIdsOf(this.#mapped);
    rejected.forEach(recordId => this.#replaced.delete(recordId));
  }

  /** One problem for each of these relations that a record of the source gives. */
  problemsOf(edges: Edge[], severity: Problem['severity']): Problem[] {
    const own = edges.filter(edge => this.#recordIdOf(edge) !== undefined);
    const cycles = shortestCycles(own, this.onCycles);
    return own.map(edge =>
      cycleProblem({
        source: this.#context.settings.name,
        recordId: this.#recordIdOf(edge)!,
        edge: edge as RelationEdge,
        cycle: cycles.get(edgeKey(edge)),
        severity,
      }),
    );
  }

  #recordIdOf({ giver = '' }: Edge): string | undefined {
    return this.#recordIds.get(giver) ?? this.#before.get(giver)?.recordId;
  }

  #unchangedEdges(ref: string): Edge[] {
    const { recordId = '', edges } = this.#before.get(ref)!;
    return this.#replaced.has(recordId) ? [] : edges;
  }

  async #newEdges(edges: Edge[]): Promise<Edge[]> {
    const ends = edges.flatMap(({ source, target }) => [source, target]);
    await this.#load(ends);
    const before = new Set(
      ends.flatMap(ref => this.#before.get(ref)!.edges).map(edgeKey),
    );
    return edges.filter(edge => !before.has(edgeKey(edge)));
  }

  async #load(refs: string[]): Promise<void> {
    const { knex, settings } = this.#context;
    const source = settings.name;
    const unknown = [...new Set(refs)].filter(ref => !this.#before.has(ref));
    if (!knex || unknown.length === 0) {
      unknown.forEach(ref => this.#before.set(ref, { edges: [] }));
      return;
    }
    const own = await readGivenEntities({ knex, source, entityRefs: unknown });
    const others = await readRelations({
      knex,
      entityRefs: unknown.filter(ref => !own.has(ref)),
    });
    for (const ref of unknown) {
      const given = own.get(ref);
      this.#before.set(
        ref,
        given
          ? {
              recordId: given.recordId,
              edges: relationEdges(JSON.parse(given.entity)),
            }
          : {
              edges: (others.get(ref) ?? []).map(e => ({ ...e, source: ref })),
            },
      );
    }
  }
}

export interface CycleOutcome {
  /** If cycles are rejected, the records that would close one are invalid here. */
  observed: ObservedRecord[];
  /** The cycles that are there, as warnings. */
  problems: Problem[];
}

/**
 * Looks for cycles of relations through the entities that a run mapped, and
 * through those with a known cycle.
 */
export async function checkCycles(
  context: CycleContext,
  options: {
    observed: ObservedRecord[];
    stored: StoredRecords;
    /** Of a run over a single record: the only one whose known cycles are checked. */
    recordId?: string;
  },
): Promise<CycleOutcome> {
  const { observed, stored, recordId } = options;
  const { settings } = context;
  if (settings.cycles === 'ignore') {
    return { observed, problems: [] };
  }
  const known = await knownCycles(context, recordId);
  const graph = new RelationGraph(context, {
    mapped: await mappedEntities(observed),
    replaced: replacedRecords(observed, stored),
    starts: known.flatMap(({ entityRef = [] }) => entityRef),
  });
  if (known.length === 0 && context.reusable && !(await graph.isExtended())) {
    return { observed, problems: [] };
  }
  await graph.search();
  const rejected =
    settings.cycles === 'reject' ? await rejectClosing(graph) : undefined;
  return {
    observed: rejected?.size
      ? observed.map(record => reject(record, rejected.get(record.recordId)))
      : observed,
    problems: graph.problemsOf(graph.onCycles, 'warning'),
  };
}

/**
 * The problems of the records that are rejected, by record. Such a record keeps
 * its last good relations. These may close another cycle together with new
 * relations, so the search is repeated until no new relation is on a cycle.
 */
async function rejectClosing(
  graph: RelationGraph,
): Promise<Map<string, Problem[]>> {
  const rejected = new Map<string, Problem[]>();
  for (;;) {
    const closing = await graph.closingEdges();
    if (closing.length === 0) {
      return rejected;
    }
    for (const problem of graph.problemsOf(closing, 'error')) {
      const id = problem.recordId!;
      rejected.set(id, [...(rejected.get(id) ?? []), problem]);
    }
    graph.revert(new Set(rejected.keys()));
    await graph.search();
  }
}

/**
 * Checks the known cycles again although the list has not changed, since the
 * relations of others may have changed. Undefined if no cycle is known.
 */
export async function recheckCycles(
  context: CycleContext,
): Promise<ProblemOutcome | undefined> {
  if ((await knownCycles(context)).length === 0) {
    return undefined;
  }
  const { problems } = await checkCycles(context, {
    observed: [],
    stored: { records: new Map(), contributions: new Map() },
  });
  return { found: problems, isEvaluated: ({ code }) => code === CODE };
}

async function knownCycles(
  { knex, settings }: CycleContext,
  recordId?: string,
): Promise<Problem[]> {
  const source = settings.name;
  const problems = knex ? await readProblems({ knex, source, code: CODE }) : [];
  return recordId === undefined
    ? problems
    : problems.filter(problem => problem.recordId === recordId);
}

/** Records that the run mapped anew, or that are no longer listed. */
function replacedRecords(
  observed: ObservedRecord[],
  stored: StoredRecords,
): string[] {
  const outcomes = new Map(observed.map(r => [r.recordId, r.outcome.type]));
  const isReplaced = (id: string) =>
    !outcomes.has(id) || outcomes.get(id) === 'mapped';
  return [...outcomes.keys(), ...stored.records.keys()].filter(isReplaced);
}

async function mappedEntities(
  observed: ObservedRecord[],
): Promise<MappedEntity[]> {
  const found: MappedEntity[] = [];
  for (const chunk of inChunks(observed)) {
    for (const { recordId, outcome } of chunk) {
      const contributions =
        outcome.type === 'mapped' ? outcome.contributions : [];
      for (const { entityRef, entity, edges } of contributions) {
        found.push({
          recordId,
          entityRef,
          edges: edges ?? relationEdges(JSON.parse(entity)),
        });
      }
    }
    // Lets other work of the process run.
    await setImmediate();
  }
  return found;
}

/** Of records that give the same ref, the first gets it. */
function recordIdsOf(mapped: MappedEntity[]): Map<string, string> {
  return new Map(
    mapped
      .map(({ entityRef, recordId }): [string, string] => [entityRef, recordId])
      .reverse(),
  );
}

function reject(record: ObservedRecord, problems?: Problem[]): ObservedRecord {
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
