import type { ServiceRecord } from '../api/registry';
import { deferred, entityOf } from './entityOf';
import { createProviderModule } from './providerModule';
import type { SubjectFactory } from './subject';

/** What most entity providers do: read all, map all, apply all, on each run. */
export const createFullMutation: SubjectFactory = ({ url }) => {
  const { feature, connection } = createProviderModule('bench-full');
  return {
    features: [feature],
    async run() {
      const response = await fetch(url);
      const { services } = (await response.json()) as {
        services: ServiceRecord[];
      };
      await (
        await connection
      ).applyMutation({
        type: 'full',
        entities: services.map(record => deferred(entityOf(record))),
      });
    },
  };
};
