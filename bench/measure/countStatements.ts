import type { Knex } from 'knex';
import { AsyncLocalStorage } from 'node:async_hooks';
import { Server } from 'node:http';

/** What was sent to PostgreSQL for requests, whatever goes on beside them. */
export interface StatementCounter {
  start(): void;
  /** How many statements there were since the start. */
  stop(): number;
}

/**
 * Counts the statements of this process that requests ask for. While it does
 * not count it costs next to nothing.
 */
export function createStatementCounter(knex: Knex): StatementCounter {
  const requests = new AsyncLocalStorage<true>();
  let counting = false;
  let counted = 0;

  // All pools of the process have the one driver.
  const { prototype } = knex.client.driver.Client;
  const { query } = prototype;
  prototype.query = function watched(...args: unknown[]) {
    if (counting && requests.getStore()) {
      counted += 1;
    }
    return Reflect.apply(query, this, args);
  };

  const { emit } = Server.prototype;
  Server.prototype.emit = function watched(this: Server, ...args: any) {
    const send = () => Reflect.apply(emit, this, args);
    return counting && args[0] === 'request' ? requests.run(true, send) : send();
  };

  return {
    start() {
      counting = true;
      counted = 0;
    },
    stop() {
      counting = false;
      requests.disable();
      return counted;
    },
  };
}
