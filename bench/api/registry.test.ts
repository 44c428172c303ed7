import { createRecord, indexOf, Registry, revisionMark } from './registry';

const revisions = (registry: Registry, revision: number) =>
  registry.texts.filter(text => text.includes(revisionMark(revision))).length;

describe('Registry', () => {
  it('has records of about 590 bytes', () => {
    const { texts } = new Registry(1000);
    const mean = texts.join('').length / texts.length;
    expect(mean).toBeGreaterThan(570);
    expect(mean).toBeLessThan(610);
  });

  it('gives each record a name of its own', () => {
    const names = Array.from(
      { length: 2000 },
      (_, index) => createRecord(index, 1).serviceId,
    );
    expect(new Set(names).size).toBe(2000);
  });

  it('finds a record by its name', () => {
    expect(indexOf(createRecord(1234, 1).serviceId)).toBe(1234);
    expect(indexOf('basket-api-999999')).toBeUndefined();
    expect(indexOf('basket')).toBeUndefined();
  });

  it.each([0.001, 0.01, 0.1])('changes %d of the records', share => {
    const registry = new Registry(1000);
    expect(registry.apply({ changed: share })).toEqual({
      changed: 1000 * share,
    });
    expect(registry.revision).toBe(2);
    expect(revisions(registry, 2)).toBe(1000 * share);
    expect(revisions(registry, 1)).toBe(1000 - 1000 * share);
  });

  it('removes records at the end', () => {
    const registry = new Registry(1000);
    registry.apply({ removed: 0.01 });
    expect(registry.texts).toEqual(new Registry(990).texts);
  });

  it('stays as it is where nothing changes', () => {
    const registry = new Registry(10);
    expect(registry.apply({})).toEqual({ changed: 0 });
    expect(registry.texts).toEqual(new Registry(10).texts);
    expect(registry.revision).toBe(1);
  });
});
