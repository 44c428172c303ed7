import { providerName } from '../lib/keys';
import type { RunContext } from './runContext';

export interface CatalogDifference {
  /** Entities that the tables know of the source. */
  known: number;
  /**
   * Refs that the catalog has of the source, and the tables know nothing of: left
   * by a run that died right after its mutation, or by tables restored from a
   * backup.
   */
  strays: string[];
  /** Refs that the tables know, and the catalog would take again. */
  lost: string[];
  /** Refs that the tables know, and the location key of whoever has them by now. */
  taken: Map<string, string | null>;
}

/** Where the catalog and the tables differ. Equal numbers are taken for equal refs, unless asked `closely`. */
export async function compareWithCatalog(
  { registry, store, settings }: RunContext,
  options: { closely: boolean; adopted: ReadonlyMap<string, string> },
): Promise<CatalogDifference> {
  const provider = providerName(settings.name);
  const known = await store.countEntities(settings.name);
  const taken = new Map<string, string | null>();
  if (!options.closely && (await registry.countOf(provider)) === known) {
    return { known, strays: [], lost: [], taken };
  }
  const theirs = new Set(await registry.refsOf(provider));
  const ours = new Set(await store.entityRefs(settings.name));
  const missing = [...ours].filter(ref => !theirs.has(ref));
  for (const [ref, key] of await registry.locationKeys(missing)) {
    if (key !== (options.adopted.get(ref) ?? provider)) {
      taken.set(ref, key);
    }
  }
  return {
    known,
    strays: [...theirs].filter(ref => !ours.has(ref)),
    lost: missing.filter(ref => !taken.has(ref)),
    taken,
  };
}
