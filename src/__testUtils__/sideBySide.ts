/* eslint jest/no-export: off, jest/expect-expect: off -- it is not a test, but makes tests */

/** More would get in each other's way on a machine with two processors. */
const AT_ONCE = 4;
const LIMIT_MS = 280_000;

type Test = (name: string, run: () => Promise<void>) => void;

/**
 * Tests that share nothing, at once: most of what they do is to wait for a
 * catalog. They run in a hook and are told of one by one, since Jest lets
 * nothing be loaded while no test is on, as between two concurrent ones.
 */
export function sideBySide(collect: (test: Test) => void): void {
  const waiting: Array<[string, () => Promise<void>]> = [];
  const failures = new Map<string, unknown>();
  collect((name, run) => waiting.push([name, run]));
  const names = waiting.map(([name]) => name);

  const work = async () => {
    for (let next = waiting.shift(); next; next = waiting.shift()) {
      const [name, run] = next;
      await run().catch(error => failures.set(name, error));
    }
  };

  beforeAll(() => Promise.all(Array.from({ length: AT_ONCE }, work)), LIMIT_MS);

  it.each(names)('%s', name => {
    if (failures.has(name)) {
      throw failures.get(name);
    }
  });
}
