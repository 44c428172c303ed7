import { stringifyEntityRef } from '@backstage/catalog-model';
import type { EntityProviderConnection } from '@backstage/plugin-catalog-node';
import { Server, type IncomingMessage, type ServerResponse } from 'node:http';
import { monotonicMs } from '../../measure/clock';
import type { Happening } from './timeline';

let happenings: Happening[] = [];

/** What has happened since it was asked for last. */
export function takeHappenings(): Happening[] {
  const taken = happenings;
  happenings = [];
  return taken;
}

const note = (type: Happening['type'], about: string[]): Happening => {
  const happening = { type, about, at: monotonicMs() };
  happenings.push(happening);
  return happening;
};

/** Notes when deliveries are answered. */
export function watchAnswers(): void {
  const { emit } = Server.prototype;
  Server.prototype.emit = function watched(this: Server, ...args: any) {
    const [name, req, res] = args as [string, IncomingMessage, ServerResponse];
    const delivery = name === 'request' && req.headers['x-catalog-delivery'];
    if (typeof delivery === 'string') {
      const { end } = res;
      res.end = function ended(this: ServerResponse, ...rest: any) {
        note('answer', [delivery]);
        return Reflect.apply(end, this, rest);
      } as typeof end;
    }
    return Reflect.apply(emit, this, args);
  };
}

/** Notes what is asked of metadata APIs. */
export function watchFetches(): void {
  const { fetch } = globalThis;
  globalThis.fetch = async (...args) => {
    const happening = note('fetch', [String(args[0])]);
    try {
      return await fetch(...args);
    } finally {
      happening.until = monotonicMs();
    }
  };
}

/** Notes calls into the catalog, of whichever provider: all connections have one prototype. */
export function watchCalls(connection: EntityProviderConnection): void {
  const prototype: EntityProviderConnection = Object.getPrototypeOf(connection);
  const { refresh, applyMutation } = prototype;
  prototype.refresh = function watched(options) {
    note('refresh', options.keys);
    return refresh.call(this, options);
  };
  prototype.applyMutation = function watched(mutation) {
    const given = mutation.type === 'full' ? mutation.entities : mutation.added;
    note(
      'mutation',
      given.map(({ entity }) => stringifyEntityRef(entity)),
    );
    return applyMutation.call(this, mutation);
  };
}
