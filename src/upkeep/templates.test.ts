import type { JsonObject } from '@backstage/types';
import { checkTemplates, type Named } from './templates';

const named = (kind: string, name: string, spec: JsonObject): Named => ({
  ref: `${kind.toLowerCase()}:default/${name}`,
  entity: { apiVersion: 'v1', kind, metadata: { name }, spec },
});
const template = (name: string, parameters: any) =>
  named('Template', name, { parameters });
const component = (name: string, spec: JsonObject) =>
  named('Component', name, spec);

const check = (templates: Named[], entities: Named[], known: string[] = []) =>
  checkTemplates({
    templates,
    entities,
    known: new Set(known),
    refOf: (field, value) =>
      field === 'owner'
        ? `group:default/${value.replace('group:', '')}`
        : value,
  });

describe('checkTemplates', () => {
  it('finds values that a template offers and no entity has', () => {
    const { unknownValues } = check(
      [
        template('node', [
          { properties: { owner: { enum: ['payments', 'gone', 'idle'] } } },
          { properties: { component_type: { enum: ['service', 'servise'] } } },
        ]),
      ],
      [component('a', { type: 'service', owner: 'group:payments' })],
      ['group:default/idle'],
    );
    expect(unknownValues).toEqual([
      {
        template: 'template:default/node',
        parameter: 'owner',
        field: 'owner',
        value: 'gone',
      },
      {
        template: 'template:default/node',
        parameter: 'component_type',
        field: 'type',
        value: 'servise',
      },
    ]);
  });

  it('finds entities that no template could have made', () => {
    const limited = template('node', {
      properties: { type: { enum: ['service', 'website'] }, owner: {} },
    });
    const other = template('java', {
      dependencies: {
        x: { oneOf: [{ properties: { type: { const: 'library' } } }] },
      },
    });
    const entities = [
      component('a', { type: 'service', owner: 'anybody' }),
      component('b', { type: 'library' }),
      component('c', { type: 'cronjob' }),
      component('d', {}),
    ];
    expect(check([limited, other], entities).unmakeable).toEqual([
      { entityRef: 'component:default/c', field: 'type', value: 'cronjob' },
    ]);
  });

  it('finds none for a field that one template leaves open', () => {
    const templates = [
      template('a', { properties: { type: { enum: ['service'] } } }),
      template('b', { properties: { type: { type: 'string' } } }),
    ];
    const entities = [component('c', { type: 'cronjob' })];
    expect(check(templates, entities).unmakeable).toEqual([]);
    expect(check([], entities).unmakeable).toEqual([]);
  });

  it('takes no parameter of another name for a field', () => {
    const form = { properties: { database_type: { enum: ['mysql'] } } };
    expect(check([template('a', form)], []).unknownValues).toEqual([]);
  });
});
