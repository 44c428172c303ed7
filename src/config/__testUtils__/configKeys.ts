import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import ts from 'typescript';
import { parse } from 'yaml';
import { z } from 'zod';

/** What is said of one key. A list counts as its members, a map's keys as `*`. */
export interface ConfigKey {
  /** Whether it is required: in a block of several forms, what holds in any of them. */
  required: unknown[];
  /** Its defaults in these forms. */
  defaults: unknown[];
  /** The words that it may be, where it is a choice. */
  choices: unknown[];
  visibility?: string;
}

const NOTHING: ConfigKey = { required: [false], defaults: [], choices: [] };

/** By the path of the key, such as `sources.*.auth.tokenUrl`. */
export type ConfigKeys = Map<string, ConfigKey>;

function addKey(keys: ConfigKeys, path: string, found: ConfigKey): void {
  const known = keys.get(path);
  const unique = (values: unknown[]) =>
    [...new Set(values.map(value => JSON.stringify(value)))]
      .sort()
      .map(value => JSON.parse(value));
  keys.set(path, {
    required: unique([...(known?.required ?? []), ...found.required]),
    defaults: unique([...(known?.defaults ?? []), ...found.defaults]),
    choices: unique([...(known?.choices ?? []), ...found.choices]),
    visibility: found.visibility ?? known?.visibility,
  });
}

const join = (path: string, key: string) => (path ? `${path}.${key}` : key);

/** The keys that a zod schema takes. */
export function keysOfSchema(schema: z.ZodType): ConfigKeys {
  const keys: ConfigKeys = new Map();
  collect(z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }), '');
  return keys;

  function collect(node: z.core.JSONSchema.BaseSchema, path: string): void {
    for (const form of [...(node.anyOf ?? []), ...(node.oneOf ?? [])]) {
      collect(form as z.core.JSONSchema.BaseSchema, path);
    }
    if (node.items) {
      collect(node.items as z.core.JSONSchema.BaseSchema, path);
    }
    if (isFilled(node.additionalProperties)) {
      collect(
        node.additionalProperties as z.core.JSONSchema.BaseSchema,
        join(path, '*'),
      );
    }
    for (const [name, value] of Object.entries(node.properties ?? {})) {
      const member = value as z.core.JSONSchema.BaseSchema;
      if (member.not) {
        // Not for this form of the block, so nothing that all of them require.
        addKey(keys, join(path, name), NOTHING);
      } else {
        addKey(keys, join(path, name), {
          required: [node.required?.includes(name) ?? false],
          // An empty map is a fault: as a default, it stands for none.
          defaults: [member.default].filter(isFilled),
          choices: member.enum ?? [member.const].filter(isFilled),
        });
        collect(member, join(path, name));
      }
    }
  }
}

function isFilled(value: unknown): boolean {
  return value !== undefined && JSON.stringify(value) !== '{}';
}

/** Types of a value, whose keys are none of the configuration's. */
const VALUES = ['Duration', 'Frequency', 'HumanDuration'];

/** The keys that `config.d.ts` declares below `catalog.customData`. */
export function keysOfDeclaration(): ConfigKeys {
  const file = resolve(__dirname, '../../../config.d.ts');
  const source = ts.createSourceFile(
    file,
    readFileSync(file, 'utf8'),
    ts.ScriptTarget.Latest,
    true,
  );
  const declared = new Map<string, ts.Node>();
  for (const statement of source.statements) {
    if (ts.isTypeAliasDeclaration(statement)) {
      declared.set(statement.name.text, statement.type);
    } else if (ts.isInterfaceDeclaration(statement)) {
      declared.set(statement.name.text, statement);
    }
  }
  const all: ConfigKeys = new Map();
  collect(declared.get('Config')!, '');
  const root = 'catalog.customData.';
  return new Map(
    [...all].flatMap(([path, key]) =>
      path.startsWith(root) ? [[path.slice(root.length), key]] : [],
    ),
  );

  function collect(node: ts.Node, path: string): void {
    if (ts.isTypeReferenceNode(node)) {
      const name = node.typeName.getText();
      const target = VALUES.includes(name) ? undefined : declared.get(name);
      [target, ...(node.typeArguments ?? [])].forEach(
        type => type && collect(type, path),
      );
    } else if (ts.isPropertySignature(node)) {
      const member = join(path, node.name.getText());
      addKey(all, member, describe(node));
      collect(node.type!, member);
    } else if (ts.isIndexSignatureDeclaration(node)) {
      collect(node.type, join(path, '*'));
    } else {
      ts.forEachChild(node, child => collect(child, path));
    }
  }
}

function describe(node: ts.PropertySignature): ConfigKey {
  const tag = (...names: string[]) => {
    const found = ts
      .getJSDocTags(node)
      .find(({ tagName }) => names.includes(tagName.text));
    return found && ts.getTextOfJSDocComment(found.comment)?.trim();
  };
  const words = ts.isUnionTypeNode(node.type!) ? node.type.types : [node.type!];
  const defaultText = tag('default');
  return {
    required: [!node.questionToken],
    defaults: defaultText === undefined ? [] : [parse(defaultText)],
    choices: words.flatMap(word =>
      ts.isLiteralTypeNode(word) && ts.isStringLiteral(word.literal)
        ? [word.literal.text]
        : [],
    ),
    visibility: tag('visibility', 'deepVisibility'),
  };
}
