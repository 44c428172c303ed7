import { isDeepStrictEqual } from 'node:util';
import { createCompany } from './company';

describe('createCompany', () => {
  const records = createCompany();
  const dependencies = new Map(
    records.map(({ serviceId, dependsOn = [] }) => [serviceId, dependsOn]),
  );

  it('has 40 services or more, each name once', () => {
    expect(records.length).toBeGreaterThanOrEqual(40);
    expect(dependencies.size).toBe(records.length);
  });

  it('is the same company on every call', () => {
    expect(isDeepStrictEqual(createCompany(), records)).toBe(true);
  });

  it('has names that an entity and a group may have', () => {
    for (const { serviceId, team } of records) {
      expect(serviceId).toMatch(/^[a-z][a-z0-9-]{0,62}$/);
      expect(team).toMatch(/^[a-z][a-z0-9-]{0,62}$/);
    }
  });

  it('depends on services that exist, without a cycle', () => {
    const visit = (serviceId: string, path: string[]): void => {
      expect(dependencies.has(serviceId)).toBe(true);
      expect(path).not.toContain(serviceId);
      dependencies
        .get(serviceId)
        ?.forEach(next => visit(next, [...path, serviceId]));
    };
    records.forEach(({ serviceId }) => visit(serviceId, []));
  });
});
