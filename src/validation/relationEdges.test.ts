import type { Entity } from '@backstage/catalog-model';
import type { JsonObject } from '@backstage/types';
import { ownerOf, relationEdges } from './relationEdges';

const entity = (
  kind: string,
  spec: JsonObject,
  namespace?: string,
): Entity => ({
  apiVersion: 'backstage.io/v1alpha1',
  kind,
  metadata: { name: 'A', namespace },
  spec,
});

const edges = (...args: Parameters<typeof entity>) =>
  relationEdges(entity(...args)).map(
    ({ type, source, target, field, index }) =>
      `${source} ${type} ${target} by ${field} ${index ?? 'alone'}`,
  );

describe('relationEdges', () => {
  it('reads dependencies both ways, with the namespace of the entity', () => {
    expect(
      edges(
        'Component',
        {
          dependsOn: ['Resource:DB', 'component:other/b'],
          dependencyOf: 'component:c',
        },
        'Shop',
      ),
    ).toEqual([
      'component:shop/a dependsOn resource:shop/db by dependsOn 0',
      'component:shop/a dependsOn component:other/b by dependsOn 1',
      'component:shop/c dependsOn component:shop/a by dependencyOf alone',
    ]);
  });

  it.each([
    ['Component', 'system', 'partOf system:default/x'],
    ['Component', 'subcomponentOf', 'partOf component:default/x'],
    ['API', 'system', 'partOf system:default/x'],
    ['Resource', 'system', 'partOf system:default/x'],
    ['System', 'domain', 'partOf domain:default/x'],
    ['Domain', 'subdomainOf', 'partOf domain:default/x'],
    ['Group', 'parent', 'childOf group:default/x'],
  ])('of a %s reads %s with its kind', (kind, field, edge) => {
    expect(edges(kind, { [field]: 'x' })).toEqual([
      `${kind.toLowerCase()}:default/a ${edge} by ${field} alone`,
    ]);
  });

  it('reads the children of a group as theirs', () => {
    expect(edges('Group', { children: ['x', 'group:y'] })).toEqual([
      'group:default/x childOf group:default/a by children 0',
      'group:default/y childOf group:default/a by children 1',
    ]);
  });

  it('ignores what is not a ref, and fields that the kind does not have', () => {
    expect(
      edges('Component', { dependsOn: ['no-kind', 7, 'a:'], parent: 'x' }),
    ).toEqual([]);
    expect(edges('API', { dependsOn: ['component:x'] })).toEqual([]);
    expect(edges('Widget', { system: 'x' })).toEqual([]);
    expect(edges('constructor', { system: 'x' })).toEqual([]);
  });
});

describe('ownerOf', () => {
  it('takes a group of the same namespace where the ref does not say', () => {
    const of = (owner: string | undefined, namespace?: string) =>
      ownerOf(entity('Component', { owner }, namespace));
    expect(of('Team')).toBe('group:default/team');
    expect(of('team', 'shop')).toBe('group:shop/team');
    expect(of('user:default/eva', 'shop')).toBe('user:default/eva');
    expect(of('group:')).toBeUndefined();
    expect(of(undefined)).toBeUndefined();
  });
});
