import type {
  CatalogVerdicts,
  EntityRegistry,
} from '../../database/catalogTables';
import { LOCATION_TYPE, recordRefreshKey } from '../../lib/keys';
import type { FindingsStore } from '../database/findings';
import type { Conflict } from './events';
import type { EntityOrigin, Finding } from './findings';

/** How long a conflict whose claimant cannot be looked up is taken to last. */
const UNKNOWN_LASTS_MS = 24 * 60 * 60 * 1000;

export interface ConflictsOptions {
  findings: FindingsStore;
  verdicts: CatalogVerdicts;
  registry: EntityRegistry;
  now: () => Date;
}

/** Keeps conflicts in which an entity of ours has part; gives back those that are not ours. */
export async function addConflicts(
  { findings, verdicts, now }: ConflictsOptions,
  conflicts: Conflict[],
): Promise<Conflict[]> {
  if (conflicts.length === 0) {
    return [];
  }
  const refs = conflicts.map(({ entityRef }) => entityRef);
  const origins = await findings.originsOf(refs);
  const results = await verdicts.resultsOf(
    conflicts.map(({ claimant }) => refreshKeyOf(claimant)),
  );
  const found = conflicts.map(conflict =>
    (origins.get(conflict.entityRef) ?? []).flatMap(origin =>
      toFinding(conflict, origin, results),
    ),
  );
  const after = found.flat();
  const told = new Set(after.map(nameOf));
  const open = await findings.open('catalog-conflict', refs);
  const before = open.filter(finding => told.has(nameOf(finding)));
  await findings.replace({ before, after, now: now() });
  return conflicts.filter((_, index) => found[index].length === 0);
}

/**
 * Lets go of conflicts that are over: somebody else has the ref, or nobody, or
 * the catalog has read the claimant anew and did not report it again.
 */
export async function checkConflicts({
  findings,
  verdicts,
  registry,
  now,
}: ConflictsOptions): Promise<void> {
  const open = await findings.open('catalog-conflict');
  if (open.length === 0) {
    return;
  }
  const refs = [...new Set(open.map(({ entityRef }) => entityRef))];
  const holders = await registry.locationKeys(refs);
  const results = await verdicts.resultsOf(
    open.map(({ claim }) => refreshKeyOf(claim!.claimant)),
  );
  const lasts = ({ entityRef, claim }: Finding) =>
    holders.get(entityRef) === claim!.holder &&
    (claim!.state
      ? results.get(refreshKeyOf(claim!.claimant)) === claim!.state
      : Date.parse(claim!.reportedAt) + UNKNOWN_LASTS_MS > now().getTime());
  await findings.replace({
    before: open,
    after: open.filter(lasts),
    now: now(),
  });
}

function toFinding(
  { entityRef, holder, claimant, reportedAt }: Conflict,
  { source, recordId, locationKey }: EntityOrigin,
  results: Map<string, string>,
): Finding[] {
  if (locationKey !== holder && locationKey !== claimant) {
    return [];
  }
  const isRefused = locationKey === claimant;
  return [
    {
      code: 'catalog-conflict',
      severity: isRefused ? 'error' : 'warning',
      source,
      recordId,
      entityRef,
      message: isRefused
        ? `The catalog refused it: it has "${entityRef}" from "${holder}". Give it another name here, or remove it there`
        : `The catalog refused the same ref from "${claimant}". Give it another name there, or remove it here`,
      claim: {
        holder,
        claimant,
        state: results.get(refreshKeyOf(claimant)) ?? '',
        reportedAt: reportedAt.toISOString(),
      },
    },
  ];
}

/** Of one conflict as one source has part in it. */
function nameOf({ source, entityRef, claim }: Finding): string {
  return JSON.stringify([source, entityRef, claim?.claimant]);
}

/** The key that whatever reads a location gives the entity that names it. */
function refreshKeyOf(claimant: string): string {
  const own = claimant.match(/^([^:]+):([^/]+)\/(.+)$/s);
  return own?.[1] === LOCATION_TYPE
    ? recordRefreshKey(own[2], own[3])
    : claimant;
}
