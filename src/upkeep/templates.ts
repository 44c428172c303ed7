/*
 * Holds the parameters of software templates against the entities of the
 * catalog: values that a template offers and no entity has, and entities with
 * values that no template offers.
 */
import type { Entity } from '@backstage/catalog-model';
import type { JsonValue } from '@backstage/types';
import { isObject } from '../lib/values';

/** Fields that a template fills in. */
export const TEMPLATE_FIELDS = ['owner', 'system', 'type'] as const;

export type TemplateField = (typeof TEMPLATE_FIELDS)[number];

export interface TemplateReport {
  templates: number;
  entities: number;
  /** What templates offer, and no entity has. */
  unknownValues: Array<{
    template: string;
    parameter: string;
    field: TemplateField;
    value: string;
  }>;
  /** Entities with a value that none of the templates offers. */
  unmakeable: Array<{
    entityRef: string;
    field: TemplateField;
    value: string;
  }>;
}

/** An entity and its ref in full. */
export type Named = { ref: string; entity: Entity };

/** A parameter of a template that fills in a field. */
interface Offer {
  template: string;
  parameter: string;
  field: TemplateField;
  /** Undefined where any value may be given. */
  values?: string[];
}

export function checkTemplates(options: {
  templates: Named[];
  /** What templates could have made. */
  entities: Named[];
  /** The full ref of what a field names, by the rules of the catalog. */
  refOf: (field: TemplateField, value: string) => string | undefined;
  /** Refs of owners and systems that the catalog has. */
  known: ReadonlySet<string>;
}): TemplateReport {
  const { templates, entities, refOf, known } = options;
  const offers = templates.flatMap(offersOf);
  const keyOf = (field: TemplateField, value: string) =>
    refOf(field, value) ?? value;
  const used = usedValues(entities, keyOf);
  const limited = limitedValues(offers, keyOf);
  return {
    templates: templates.length,
    entities: entities.length,
    unknownValues: offers.flatMap(({ values = [], ...offer }) =>
      values
        .filter(value => {
          const key = keyOf(offer.field, value);
          return !used.has(`${offer.field} ${key}`) && !known.has(key);
        })
        .map(value => ({ ...offer, value })),
    ),
    unmakeable: entities.flatMap(({ ref, entity }) =>
      TEMPLATE_FIELDS.flatMap(field => {
        const value = entity.spec?.[field];
        const isMakeable =
          typeof value !== 'string' ||
          limited.get(field)?.has(keyOf(field, value)) !== false;
        return isMakeable ? [] : { entityRef: ref, field, value };
      }),
    ),
  };
}

function usedValues(
  entities: Named[],
  keyOf: (field: TemplateField, value: string) => string,
): Set<string> {
  const used = new Set<string>();
  for (const { entity } of entities) {
    for (const field of TEMPLATE_FIELDS) {
      const value = entity.spec?.[field];
      if (typeof value === 'string') {
        used.add(`${field} ${keyOf(field, value)}`);
      }
    }
  }
  return used;
}

/** What may be given for a field, of those fields that every template limits. */
function limitedValues(
  offers: Offer[],
  keyOf: (field: TemplateField, value: string) => string,
): Map<TemplateField, Set<string>> {
  const limited = new Map<TemplateField, Set<string>>();
  for (const field of TEMPLATE_FIELDS) {
    const ofField = offers.filter(offer => offer.field === field);
    if (ofField.length > 0 && ofField.every(({ values }) => values)) {
      const values = ofField.flatMap(offer => offer.values!);
      limited.set(field, new Set(values.map(value => keyOf(field, value))));
    }
  }
  return limited;
}

function offersOf({ ref, entity }: Named): Offer[] {
  return propertiesOf(entity.spec?.parameters).flatMap(([name, schema]) => {
    const field = TEMPLATE_FIELDS.find(each => isNamedFor(name, each));
    return field
      ? [{ template: ref, parameter: name, field, values: valuesOf(schema) }]
      : [];
  });
}

/** Such as `owner`, `ownerRef` or `component_type`. */
function isNamedFor(name: string, field: TemplateField): boolean {
  const words = name
    .replace(/([a-z])([A-Z])/g, '$1 $2')
    .toLowerCase()
    .split(/[^a-z]+/)
    .filter(word => !['ref', 'name', 'component', 'service'].includes(word));
  return words.length === 1 && words[0] === field;
}

/** The properties of a form, which may have several pages and depend on each other. */
function propertiesOf(form: JsonValue | undefined): Array<[string, JsonValue]> {
  if (Array.isArray(form)) {
    return form.flatMap(propertiesOf);
  }
  if (!isObject(form)) {
    return [];
  }
  const own = isObject(form.properties) ? Object.entries(form.properties) : [];
  const dependent = isObject(form.dependencies)
    ? Object.values(form.dependencies)
    : [];
  const branches = [form.allOf, form.anyOf, form.oneOf, form.then, form.else];
  return [
    ...own.filter((entry): entry is [string, JsonValue] => isObject(entry[1])),
    ...[...dependent, ...branches].flatMap(propertiesOf),
  ];
}

/** The values that a form lets choose from; undefined where any may be given. */
function valuesOf(schema: JsonValue): string[] | undefined {
  const { enum: choices, const: fixed } = Object(schema);
  const values = Array.isArray(choices) ? choices : [fixed];
  const texts = values.filter(
    (value): value is string => typeof value === 'string',
  );
  return texts.length > 0 ? texts : undefined;
}
