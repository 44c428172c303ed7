import type { BackendFeature } from '@backstage/backend-plugin-api';

export interface SubjectOptions {
  /** URL of the list. */
  url: string;
  records: number;
}

/** One way to get the registry into the catalog. */
export interface Subject {
  features: BackendFeature[];
  /** Runs once, from asking the API to being done. */
  run(): Promise<void>;
}

export type SubjectFactory = (options: SubjectOptions) => Subject;
