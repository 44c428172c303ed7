import { serveParent } from '../../measure/worker';
import { createRequest, toBytes } from '../createRequest';
import type { WebhookSubject } from '../names';
import { SERVICES } from '../payload';
import { sendAll } from './sendAll';

/**
 * Who sends, in a process of its own. Requests are signed before anything is
 * measured, and each is one of its kind.
 */

export interface LoadOrder {
  subject: WebhookSubject;
  port: number;
  connections: number;
  requests: number;
  /** The status that all are answered with. */
  status: number;
  forged: boolean;
}

const run = Date.now().toString(36);
let made = 0;

function prepare({ subject, requests, forged }: LoadOrder): Buffer[] {
  const time = new Date();
  return Array.from({ length: requests }, () => {
    made += 1;
    return toBytes(
      createRequest({
        subject,
        id: `${run}-${made}`,
        service: `service-${made % SERVICES}`,
        time,
        forged,
      }),
    );
  });
}

serveParent({
  async send(order: LoadOrder) {
    const requests = prepare(order);
    globalThis.gc?.();
    return sendAll({ ...order, requests });
  },
});
