import { startApi, type Api } from '../api/startApi';
import { startPostgres, type Postgres } from '../measure/startPostgres';

export interface Environment {
  api: Api;
  postgres: Postgres;
}

/** Has the metadata API and PostgreSQL up while work is done. */
export async function withEnvironment<T>(
  work: (environment: Environment) => Promise<T>,
): Promise<T> {
  const postgres = await startPostgres();
  try {
    const api = await startApi();
    try {
      return await work({ api, postgres });
    } finally {
      await api.stop();
    }
  } finally {
    await postgres.stop();
  }
}
