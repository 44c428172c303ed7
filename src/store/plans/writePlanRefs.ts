import type { Knex } from 'knex';
import type { HeldPlan } from '../../model/plan';
import { inChunks } from '../../model/inChunks';

/** Keeps what a plan would remove. */
export async function writePlanRefs(options: {
  tx: Knex.Transaction;
  source: string;
  plan: HeldPlan;
}): Promise<void> {
  const { tx, source, plan } = options;
  const { hash, refs } = plan;
  await tx('custom_data_plan_refs').where({ source, hash }).delete();
  for (const chunk of inChunks(refs, 200)) {
    await tx('custom_data_plan_refs').insert(
      chunk.map(({ entityRef, recordId }) => ({
        source,
        hash,
        entity_ref: entityRef,
        record_id: recordId ?? null,
      })),
    );
  }
}
