import { percentile } from '../../report/percentile';
import { Connection } from './Connection';

/** What came of a number of requests. */
export interface LoadMeasurement {
  perSecond: number;
  p50Ms: number;
  p99Ms: number;
  /** Answers with another status than the one that was expected, and requests without an answer. */
  errors: number;
  /** Answers by status; 0 for none. */
  statuses: Record<number, number>;
}

/**
 * Sends requests over so many connections, on each the next one once the one
 * before is answered.
 */
export async function sendAll(options: {
  port: number;
  connections: number;
  requests: Buffer[];
  status: number;
}): Promise<LoadMeasurement> {
  const { port, connections, requests, status } = options;
  const statuses: Record<number, number> = {};
  const latencies: number[] = [];
  let next = 0;
  const open = await Promise.all(
    Array.from({ length: connections }, () => Connection.open(port)),
  );
  const startedAt = performance.now();
  await Promise.all(
    open.map(async first => {
      let connection = first;
      while (next < requests.length) {
        const request = requests[next];
        next += 1;
        const sentAt = performance.now();
        const found = await statusOf(connection, request);
        latencies.push(performance.now() - sentAt);
        statuses[found] = (statuses[found] ?? 0) + 1;
        if (found === 0) {
          connection.close();
          connection = await Connection.open(port);
        }
      }
      connection.close();
    }),
  );
  const seconds = (performance.now() - startedAt) / 1000;
  return {
    perSecond: requests.length / seconds,
    p50Ms: percentile(latencies, 0.5),
    p99Ms: percentile(latencies, 0.99),
    errors: requests.length - (statuses[status] ?? 0),
    statuses,
  };
}

async function statusOf(
  connection: Connection,
  request: Buffer,
): Promise<number> {
  try {
    const answer = await connection.send(request);
    return answer.status;
  } catch {
    return 0;
  }
}
