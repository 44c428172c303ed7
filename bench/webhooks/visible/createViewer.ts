import { setTimeout as wait } from 'node:timers/promises';
import { monotonicMs } from '../../measure/clock';
import { TOKEN } from '../subjects/startBackend';

/** How often the catalog is asked; so much more than it took is seen at most. */
const EVERY_MS = 15;
const TIMEOUT_MS = 30_000;

/** Resolves once an entity shows an annotation, with the time. */
export type Viewer = (options: {
  name: string;
  annotation: string;
  value: string;
}) => Promise<number>;

/** Looks at the catalog as its users do, over its API. */
export function createViewer(port: number): Viewer {
  const url = `http://127.0.0.1:${port}/api/catalog/entities/by-name/component/default`;
  const headers = { Authorization: `Bearer ${TOKEN}` };
  return async ({ name, annotation, value }) => {
    const deadline = monotonicMs() + TIMEOUT_MS;
    while (monotonicMs() < deadline) {
      const response = await fetch(`${url}/${name}`, { headers });
      const entity: any = await response.json();
      if (entity.metadata?.annotations?.[annotation] === value) {
        return monotonicMs();
      }
      await wait(EVERY_MS);
    }
    throw new Error(`"${name}" did not show "${annotation}" in time`);
  };
}
