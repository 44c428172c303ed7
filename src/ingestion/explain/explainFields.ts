import { stringifyEntityRef } from '@backstage/catalog-model';
import type { JsonObject } from '@backstage/types';
import { isObject } from '../../lib/values';
import type { FieldExplanation } from '../../mapping/RecordMapper';
import type { ExplainableSource } from './explainEntity';

/**
 * How the fields of an entity come about: of the template that gives its ref,
 * or of each that might. Without a record, which expression makes which field
 * and what it would read.
 */
export async function explainFields(options: {
  part: Pick<ExplainableSource, 'mapper' | 'settings'>;
  record: JsonObject | undefined;
  recordId: string;
  entityRef: string;
}): Promise<FieldExplanation[]> {
  const { part, record, recordId, entityRef } = options;
  const { mapper, settings } = part;
  const all = (await mapper.explain?.(record ?? {})) ?? [];
  if (!record) {
    return all
      .filter((_, index) => mayGive(settings.entity[index], entityRef))
      .flat()
      .map(withoutValues);
  }
  const mapped = await mapper.map(record, recordId);
  const entities = mapped.type === 'mapped' ? mapped.entities : [];
  const index = entities.findIndex(entity => refOf(entity) === entityRef);
  return index >= 0
    ? all[index].map(field => withOwner(field, entities[index]))
    : all.filter((_, i) => mayGive(settings.entity[i], entityRef)).flat();
}

/** The owner may be another than the template gives, by the key `owners`. */
function withOwner(
  field: FieldExplanation,
  { spec }: JsonObject,
): FieldExplanation {
  const owner = isObject(spec) ? spec.owner : undefined;
  return field.path === 'spec.owner' && owner !== undefined
    ? { ...field, value: owner }
    : field;
}

/** Of the names alone, since the rest may be at fault. */
function refOf({ kind, metadata }: JsonObject): string | undefined {
  const { name, namespace } = (metadata ?? {}) as JsonObject;
  return typeof kind === 'string' && typeof name === 'string'
    ? stringifyEntityRef({
        kind,
        name,
        namespace: typeof namespace === 'string' ? namespace : undefined,
      })
    : undefined;
}

/** Whether the kind of a template is that of a ref, or is made by an expression. */
function mayGive({ kind }: JsonObject, entityRef: string): boolean {
  return (
    typeof kind !== 'string' ||
    kind.includes('${{') ||
    entityRef.startsWith(`${kind.toLocaleLowerCase('en-US')}:`)
  );
}

function withoutValues({
  path,
  expression,
  reads,
}: FieldExplanation): FieldExplanation {
  return {
    path,
    expression,
    reads: reads.map(read => ({ path: read.path })),
  };
}
