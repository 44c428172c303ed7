import type { JsonObject } from '@backstage/types';
import { canonicalJson } from '../../../lib/canonicalJson';
import type { CycleRelation } from '../../../lib/problem';
import type { ObservedRecord } from '../../planTypes';

/** `x` is `component:default/x`, and what record `x` gives. */
export const refOf = (name: string) => `component:default/${name}`;

export const component = (name: string, spec: JsonObject) =>
  canonicalJson({
    apiVersion: 'backstage.io/v1alpha1',
    kind: 'Component',
    metadata: { name },
    spec,
  });

export const dependsOn = (...names: string[]): JsonObject => ({
  dependsOn: names.map(refOf),
});

/** A record that was mapped in this run, to the components named or to its own. */
export const mapped = (
  recordId: string,
  spec: JsonObject,
  names: string[] = [recordId],
): ObservedRecord => ({
  recordId,
  outcome: {
    type: 'mapped',
    contributions: names.map(name => ({
      recordId,
      entityRef: refOf(name),
      entity: component(name, spec),
      hash: '',
    })),
  },
});

/** What was there before the run: entities of the source by record, and relations of others. */
export function world(
  stored: Record<string, JsonObject>,
  others: Record<string, string[]> = {},
) {
  const asked: string[][] = [];
  const entities = new Map(
    Object.entries(stored).map(([name, spec]) => [
      refOf(name),
      { recordId: name, text: component(name, spec) },
    ]),
  );
  const pick = (refs: string[], field: 'recordId' | 'text') =>
    new Map(
      refs.flatMap((ref): Array<[string, string]> => {
        const entity = entities.get(ref);
        return entity ? [[ref, entity[field]]] : [];
      }),
    );
  return {
    asked,
    known: new Set(entities.keys()),
    gone: [] as string[],
    store: {
      loadEntities: async (_: string, refs: string[]) => {
        asked.push(refs);
        return pick(refs, 'text');
      },
      holders: async (_: string, refs: string[]) => pick(refs, 'recordId'),
    },
    relations: {
      edgesOf: async (refs: string[]) =>
        new Map(
          Object.entries(others).flatMap(([name, targets]) =>
            refs.includes(refOf(name))
              ? [
                  [
                    refOf(name),
                    targets.map(target => ({
                      type: 'dependsOn' as CycleRelation,
                      target: refOf(target),
                    })),
                  ] as const,
                ]
              : [],
          ),
        ),
    },
  };
}
