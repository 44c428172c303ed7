import { createBackend } from '@backstage/backend-defaults';
import type { BackendFeature } from '@backstage/backend-plugin-api';
import { serveParent, type Handlers } from './Worker';

/**
 * Runs in a process of its own: a backend with the catalog and one subject.
 * `withBackend` starts it and tells it by environment variables which one.
 */

/** What is measured, in the process of its backend. */
export interface Subject {
  features: Array<BackendFeature | Promise<{ default: BackendFeature }>>;
  /** Answers questions of the parent. */
  handlers?: Handlers;
}

/**
 * What a file with subjects exports as `subjects`. Each imports what it needs
 * itself, so that no other subject has it in memory.
 */
export type Subjects = Record<
  string,
  (given: any) => Subject | Promise<Subject>
>;

async function start(): Promise<Handlers> {
  const { BENCH_FILE, BENCH_SUBJECT, BENCH_GIVEN } = process.env;
  const subjects: Subjects = require(BENCH_FILE!).subjects;
  const create = subjects[BENCH_SUBJECT!];
  const { features, handlers } = await create(JSON.parse(BENCH_GIVEN!));
  const backend = createBackend();
  backend.add(import('@backstage/plugin-catalog-backend'));
  features.forEach(feature => backend.add(feature));
  await backend.start();
  return { ready: () => undefined, ...handlers };
}

serveParent(start());
