import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { z as zod3 } from 'zod/v3';
import { z } from 'zod';
import { customDataActions } from './registerActions';
import { toZod3 } from './toZod3';

const DOCS = resolve(__dirname, '../../../docs/actions.md');

const yesOrNo = (is: boolean) => (is ? 'yes' : 'no');

describe('the actions', () => {
  it('stand in docs/actions.md, with their permissions and attributes', () => {
    const rows = readFileSync(DOCS, 'utf8')
      .split('\n')
      .filter(line => line.startsWith('| `'))
      .map(line => line.split('|').slice(1, 6))
      .map(cells => cells.map(cell => cell.trim().replaceAll('`', '')));

    expect(rows).toEqual(
      customDataActions.map(({ name, permission, attributes }) => [
        name,
        permission?.name ?? 'none',
        yesOrNo(attributes.readOnly),
        yesOrNo(attributes.destructive),
        yesOrNo(attributes.idempotent),
      ]),
    );
  });

  it.each(customDataActions)('$name takes its examples', action => {
    const input = action.input(zod3);
    const output = toZod3(zod3, action.output);
    const inputs = action.examples.map(example => example.input);
    const outputs = action.examples.flatMap(example => example.output ?? []);
    expect(inputs.map(each => input.parse(each))).toEqual(inputs);
    expect(outputs.map(each => output.parse(each))).toEqual(outputs);
  });

  it.each(customDataActions)('$name refuses an unknown key', ({ input }) => {
    expect(input(zod3).safeParse({ unknown: true }).error?.issues).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ code: 'unrecognized_keys' }),
      ]),
    );
  });
});

describe('the output of an action', () => {
  const answer = z.object({
    name: z.string(),
    state: z.enum(['idle', 'running']),
    count: z.int().optional(),
    plan: z.object({ hash: z.string() }).nullable(),
    states: z.record(z.string(), z.int()),
    value: z.unknown().optional(),
    items: z.array(z.union([z.literal('all'), z.number(), z.boolean()])),
  });
  const given = {
    name: 'a',
    state: 'idle',
    plan: null,
    states: { dead: 1 },
    value: { any: ['thing'] },
    items: ['all', 1.5, true],
    later: 'a key that is not described yet',
  };

  it('is what the HTTP API answers', () => {
    expect(toZod3(zod3, answer).parse(given)).toEqual(given);
  });

  it.each([
    ['name', 1],
    ['state', 'other'],
    ['count', 1.5],
    ['plan', { hash: 1 }],
    ['states', { dead: 'many' }],
    ['items', ['some']],
  ])('is refused with a wrong "%s"', (key, value) => {
    const parsed = toZod3(zod3, answer).safeParse({ ...given, [key]: value });
    expect(parsed.error?.issues[0].path[0]).toBe(key);
  });
});
