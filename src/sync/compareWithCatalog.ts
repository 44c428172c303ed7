import { providerName } from '../model/keys';
import type { RunContext } from './syncContext';

export interface CatalogDifference {
  /** Entities that the tables know of the source. */
  known: number;
  /**
   * Refs that the catalog has of the source, and the tables know nothing of: left
   * by a run that died right after its mutation, or by tables restored from a
   * backup.
   */
  strays: string[];
  /** Refs that the tables know, and the catalog has no longer of the source. */
  lost: string[];
}

/** Where the catalog and the tables differ. Equal numbers are taken for equal refs, unless asked `closely`. */
export async function compareWithCatalog(
  { registry, store, settings }: RunContext,
  closely: boolean,
): Promise<CatalogDifference> {
  const provider = providerName(settings.name);
  const known = await store.countEntities(settings.name);
  if (!closely && (await registry.countOf(provider)) === known) {
    return { known, strays: [], lost: [] };
  }
  const theirs = new Set(await registry.refsOf(provider));
  const ours = new Set(await store.entityRefs(settings.name));
  return {
    known,
    strays: [...theirs].filter(ref => !ours.has(ref)),
    lost: [...ours].filter(ref => !theirs.has(ref)),
  };
}
