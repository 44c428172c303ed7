import type { CatalogVerdicts } from '../../database/catalogTables';
import { inChunks } from '../../lib/inChunks';
import type { FindingsStore } from '../database/findings';
import type { Finding } from './findings';

const LONGEST_MESSAGE = 2000;

export interface ErrorsOptions {
  findings: FindingsStore;
  verdicts: CatalogVerdicts;
  now: () => Date;
}

/** Brings what is kept of these entities' errors in line with what the catalog has. */
export async function settleErrors(
  { findings, verdicts, now }: ErrorsOptions,
  entityRefs: string[],
): Promise<void> {
  for (const refs of inChunks(entityRefs)) {
    const errors = await verdicts.errorsOf(refs);
    const origins = await findings.originsOf([...errors.keys()]);
    const after = [...origins].flatMap(([entityRef, records]) =>
      records.map(
        ({ source, recordId }): Finding => ({
          code: 'catalog-error',
          severity: 'error',
          source,
          recordId,
          entityRef,
          message: inWords(errors.get(entityRef)!),
        }),
      ),
    );
    const before = await findings.open('catalog-error', refs);
    await findings.replace({ before, after, now: now() });
  }
}

function inWords(errors: string[]): string {
  const words = `The catalog could not process it: ${errors.join('; ')}`;
  return words.slice(0, LONGEST_MESSAGE);
}
