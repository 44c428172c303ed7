/*
 * The actions registry takes schemas of zod 3, and answers are described in
 * zod 4. Both stand in one package; what is described once is converted here.
 */
import { z } from 'zod';
import type { z as Zod3 } from 'zod/v3';

export type Zod3Builder = typeof Zod3;

/** The part of a JSON Schema that descriptions of answers come to. */
interface Described {
  type?: string;
  properties?: Record<string, Described>;
  required?: string[];
  additionalProperties?: Described | boolean;
  items?: Described;
  enum?: [string, ...string[]];
  const?: string;
  anyOf?: Described[];
}

/** Keys that the description lacks are let through, as in the HTTP API. */
export function toZod3(zod: Zod3Builder, schema: z.ZodType): Zod3.AnyZodObject {
  const described = z.toJSONSchema(schema, { unrepresentable: 'any' });
  return convert(zod, described as Described) as Zod3.AnyZodObject;
}

function convert(zod: Zod3Builder, schema: Described): Zod3.ZodTypeAny {
  if (schema.anyOf) {
    const [first, second, ...rest] = schema.anyOf.map(each =>
      convert(zod, each),
    );
    return second ? zod.union([first, second, ...rest]) : first;
  }
  if (schema.const !== undefined) {
    return zod.literal(schema.const);
  }
  if (schema.enum) {
    return zod.enum(schema.enum);
  }
  switch (schema.type) {
    case 'object':
      return convertObject(zod, schema);
    case 'array':
      return zod.array(convert(zod, schema.items ?? {}));
    case 'integer':
      return zod.number().int();
    case 'number':
      return zod.number();
    case 'string':
      return zod.string();
    case 'boolean':
      return zod.boolean();
    case 'null':
      return zod.null();
    default:
      return zod.unknown();
  }
}

function convertObject(
  zod: Zod3Builder,
  { properties, required = [], additionalProperties }: Described,
): Zod3.ZodTypeAny {
  if (!properties) {
    const values =
      typeof additionalProperties === 'object' ? additionalProperties : {};
    return zod.record(convert(zod, values));
  }
  const shape = Object.entries(properties).map(([key, value]) => {
    const converted = convert(zod, value);
    return [key, required.includes(key) ? converted : converted.optional()];
  });
  return zod.object(Object.fromEntries(shape)).passthrough();
}
