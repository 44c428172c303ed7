import type { Knex } from 'knex';
import type { ManageStore } from '../../model/manage';
import type { PlanRef } from '../../model/plan';
import { toText } from '../time';
import { refsOfRecords } from './refsOfRecords';
import { forgetList, forgetSource } from './forgetSource';
import { keysetPage } from './keyset';
import { currentPlan, decidePlan, findPlan, saveDecision } from './plans';
import { toProblemReport, toRunReport } from './present';
import { report } from './report';

/** What people see and decide of sources. */
export function createManageStore(options: { knex: Knex }): ManageStore {
  const { knex } = options;
  return {
    report: source => report({ knex, source }),
    listRuns: (source, page) =>
      keysetPage({
        query: knex('custom_data_runs').where({ source }),
        columns: ['started_at', 'run_id'],
        direction: 'desc',
        page,
        present: toRunReport,
      }),
    listProblems: (source, page) =>
      keysetPage({
        query: knex('custom_data_problems').where({ source }),
        columns: ['first_seen_at', 'problem_key'],
        direction: 'desc',
        page,
        present: toProblemReport,
      }),
    refsOfRecords: (source, ids) => refsOfRecords({ knex, source, ids }),
    currentPlan: source => currentPlan({ knex, source }),
    findPlan: (source, hash) => findPlan({ knex, source, hash }),
    listPlanRefs: (source, hash, page) =>
      keysetPage({
        query: knex('custom_data_plan_refs').where({ source, hash }),
        columns: ['entity_ref'],
        direction: 'asc',
        page,
        present: toPlanRef,
      }),
    decidePlan: decision => decidePlan({ knex, ...decision }),
    saveDecision: decision => saveDecision({ knex, ...decision }),
    setPaused: async (source, paused) => {
      await knex('custom_data_sources')
        .insert({ source, failures: 0 })
        .onConflict('source')
        .ignore();
      await knex('custom_data_sources')
        .where({ source })
        .update({
          paused_by: paused?.by ?? null,
          paused_at: paused ? toText(paused.at) : null,
        });
    },
    entitiesOf: async source => {
      const rows = await knex('custom_data_contributions')
        .where({ source })
        .select('entity_ref', 'record_id')
        .orderBy('entity_ref');
      return rows.map(toPlanRef);
    },
    forgetList: source => forgetList({ knex, source }),
    forgetSource: source => forgetSource({ knex, source }),
  };
}

function toPlanRef(row: any): PlanRef {
  return { entityRef: row.entity_ref, recordId: row.record_id ?? undefined };
}
