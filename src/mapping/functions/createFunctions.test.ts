import { KubernetesValidatorFunctions } from '@backstage/catalog-model';
import type { JsonValue } from '@backstage/types';
import fc from 'fast-check';
import jsonata from 'jsonata';
import { compileExpression } from '../compileExpression';
import { distinct, pad, registerFunctions } from './createFunctions';
import { entityName, slug } from './names';

const tables = {
  owners: JSON.parse('{"#search": "search", "7": {"a": 1}, "x": null}'),
};
const evaluate = (text: string, input: JsonValue = {}) =>
  compileExpression(text, { tables }).evaluate(input);

const failed = (reason: string, value?: string) => ({
  type: 'failed',
  reason: expect.stringContaining(reason),
  position: expect.any(Number),
  ...(value !== undefined && { value }),
});

describe('every function', () => {
  it.each([
    '$entityName(a)',
    '$slug(a)',
    '$ownerRef(a)',
    '$isoDate(a)',
    '$urlHost(a)',
    '$isHttpUrl(a)',
    '$urlJoin(a, "x")',
    '$urlJoin("https://h", a)',
    '$fromTable("owners", a)',
  ])('%s gives nothing for what is missing or null', async text => {
    expect(await evaluate(text)).toEqual({ type: 'value', value: undefined });
    expect(await evaluate(text, { a: null })).toEqual({
      type: 'value',
      value: undefined,
    });
  });

  it.each(['$entityName', '$slug', '$ownerRef', '$isoDate', '$urlHost'])(
    '%s refuses lists, objects and very long texts',
    async name => {
      expect(await evaluate(`${name}([1, 2])`)).toMatchObject(
        failed(`${name} takes a text, not a list`),
      );
      expect(await evaluate(`${name}({"a": 1})`)).toMatchObject(
        failed(`${name} takes a text, not an object`),
      );
      expect(
        await evaluate(`${name}(a)`, { a: 'x'.repeat(10_001) }),
      ).toMatchObject({ type: 'failed', reason: expect.any(String) });
    },
  );

  it('takes the context, and checks the arguments of a partial application', async () => {
    expect(await evaluate('teams.$slug()', { teams: ['A B', 'C'] })).toEqual({
      type: 'value',
      value: ['a-b', 'c'],
    });
    expect(
      await evaluate('$map(teams, $slug)', { teams: ['A B', 'C'] }),
    ).toEqual({ type: 'value', value: ['a-b', 'c'] });
    expect(await evaluate('team ~> $slug', { team: 'A B' })).toEqual({
      type: 'value',
      value: 'a-b',
    });
    expect(await evaluate('$ownerRef(?, "user")([1, 2])')).toMatchObject(
      failed('not a list'),
    );
  });
});

describe('$entityName and $slug', () => {
  it.each([
    ['payments-api', 'payments-api', 'payments-api'],
    ['Payments API', 'Payments-API', 'payments-api'],
    ['a--b_c.d', 'a--b_c.d', 'a-b-c-d'],
    ['--x--', 'x', 'x'],
    ['Müller & Söhne', 'Muller-Sohne', 'muller-sohne'],
    ['Straße Øst Łódź', 'Strasse-Ost-Lodz', 'strasse-ost-lodz'],
    ['C++ 🚀', 'C', 'c'],
    [7, '7', '7'],
  ])('make of %j %s and %s', (text, name, tag) => {
    expect(entityName(text)).toBe(name);
    expect(slug(text)).toBe(tag);
  });

  it('fail if letters would be lost, or if nothing would be left', async () => {
    for (const name of ['$entityName', '$slug']) {
      expect(await evaluate(`${name}("Team 支払い")`)).toMatchObject(
        failed('letters or digits', '"Team 支払い"'),
      );
      expect(await evaluate(`${name}(" -- ")`)).toMatchObject(
        failed('no letter or digit', '" -- "'),
      );
      expect(await evaluate(`${name}("")`)).toMatchObject(
        failed('no letter or digit', '""'),
      );
    }
  });

  it('give different names for different long texts', () => {
    const long = 'payments-and-settlement-of-international-invoices-'.repeat(2);
    const [one, other] = [entityName(`${long}a`), entityName(`${long}b`)];
    expect(one).toHaveLength(63);
    expect(one).toMatch(
      /^payments-and-settlement-of-international-invoices-.*-/,
    );
    expect(one).not.toBe(other);
  });

  it('give a valid name, and do not change a valid name', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'grapheme', maxLength: 100 }),
        fc.constantFrom(entityName, slug),
        (text, make) => {
          let name: string | undefined;
          try {
            name = make(text);
          } catch {
            return;
          }
          expect(KubernetesValidatorFunctions.isValidObjectName(name)).toBe(
            true,
          );
          expect(make(name)).toBe(name);
          expect(slug(name)).toMatch(/^[a-z0-9]+(-[a-z0-9]+)*$/);
        },
      ),
      { numRuns: 2000 },
    );
  });
});

describe('$fromTable', () => {
  it('looks keys up as text, and gives the default for others', async () => {
    expect(await evaluate('$fromTable("owners", "#search")')).toEqual({
      type: 'value',
      value: 'search',
    });
    expect(await evaluate('$fromTable("owners", 7)')).toEqual({
      type: 'value',
      value: { a: 1 },
    });
    expect(await evaluate('$fromTable("owners", "none", "platform")')).toEqual({
      type: 'value',
      value: 'platform',
    });
    expect(await evaluate('$fromTable("owners", team, "platform")')).toEqual({
      type: 'value',
      value: 'platform',
    });
    expect(await evaluate('$fromTable("owners", "none")')).toEqual({
      type: 'value',
      value: undefined,
    });
    expect(await evaluate('$fromTable("owners", "x", "platform")')).toEqual({
      type: 'value',
      value: null,
    });
  });

  it.each(['constructor', '__proto__', 'toString'])(
    'does not find the inherited key %p',
    async key => {
      expect(await evaluate('$fromTable("owners", key, "d")', { key })).toEqual(
        { type: 'value', value: 'd' },
      );
    },
  );

  it('refuses an unknown table, at the start if it is named in quotes', async () => {
    for (const text of [
      '$fromTable("ownrs", team)',
      '"ownrs" ~> $fromTable(team)',
      '$map(teams, $fromTable("ownrs", ?))',
    ]) {
      expect(() => compileExpression(text, { tables })).toThrow(
        'there is no table "ownrs": $fromTable knows the tables "owners"',
      );
    }
    expect(await evaluate('$fromTable("own" & "rs", 1)')).toMatchObject(
      failed('no such table', '"ownrs"'),
    );
    expect(() => compileExpression('$fromTable("a", b)')).toThrow(
      'there is no table "a": the source has no "tables"',
    );
  });

  it('gives a copy, so that nothing can change the table', async () => {
    const { value } = (await evaluate('$fromTable("owners", 7)')) as any;
    value.a = 2;
    expect(await evaluate('$fromTable("owners", 7)')).toEqual({
      type: 'value',
      value: { a: 1 },
    });
  });
});

describe('$ownerRef', () => {
  it.each([
    ['"search"', 'group:default/search'],
    ['" Search "', 'group:default/search'],
    ['"jane", "user"', 'user:default/jane'],
    ['"user:jane", "group"', 'user:default/jane'],
    ['"team-a/Search"', 'group:team-a/search'],
    ['"Group:Default/search"', 'group:default/search'],
    ['$fromTable("owners", "#search", "platform")', 'group:default/search'],
  ])('of (%s) is %s', async (given, ref) => {
    expect(await evaluate(`$ownerRef(${given})`)).toEqual({
      type: 'value',
      value: ref,
    });
  });

  it.each(['""', '"#search"', '"a b"', '"a/b/c"', '"group:"', '"x", "a b"'])(
    'of (%s) fails',
    async given => {
      expect(await evaluate(`$ownerRef(${given})`)).toMatchObject(
        failed('takes a name or a ref'),
      );
    },
  );
});

describe('distinct', () => {
  it('gives what the built-in function gives', async () => {
    const value = fc.oneof(
      fc.constantFrom(1, '1', true, null, 'true', 'a'),
      fc.constantFrom({ a: 1, b: [2] }, { b: [2], a: 1 }, { a: 1 }, [], [1]),
    );
    const list = fc.array(fc.record({ v: value }), { maxLength: 6 });
    // A path gives a sequence, which JSONata unwraps; `[ ]` gives a list.
    const texts = ['$distinct(v)', '$distinct([v])', '$distinct(v[])'];
    await fc.assert(
      fc.asyncProperty(list, fc.constantFrom(...texts), async (input, text) => {
        const own = jsonata(text);
        registerFunctions(own, {});
        expect(await own.evaluate(input)).toEqual(
          await jsonata(text).evaluate(input),
        );
      }),
      { numRuns: 500 },
    );
  });

  it('compares no item with all others', () => {
    const items = Array.from({ length: 100_000 }, (_, id) => ({ id }));
    expect(distinct([...items, ...items])).toEqual(items);
  });
});

describe('pad', () => {
  it('gives the same as the built-in function', async () => {
    const builtIn = jsonata('$pad(text, width, fill)');
    await fc.assert(
      fc.asyncProperty(
        fc.string({ unit: 'grapheme' }),
        fc.integer({ min: -30, max: 30 }),
        fc.string({ unit: 'grapheme', maxLength: 3 }),
        async (text, width, fill) => {
          expect(pad(text, width, fill)).toBe(
            await builtIn.evaluate({ text, width, fill }),
          );
        },
      ),
    );
  });

  it.each([2e8, -2e8, 1e300])('refuses to pad to %p', width => {
    expect(() => pad('x', width)).toThrow(
      '$pad takes a width of at most 10000',
    );
  });

  it('gives no value for no text', () => {
    expect(pad(undefined, 3)).toBeUndefined();
  });
});
