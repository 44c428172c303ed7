import { hash } from 'node:crypto';
import { safeText } from '../../database/safeText';
import type { NewDelivery } from '../delivery';

/** What a delivery is about: the columns of the index that finds the latest. */
export function subjectOf(delivery: NewDelivery) {
  const { content } = delivery;
  return content.type === 'event'
    ? {
        service_key: safeText(content.event.service.toLowerCase()),
        environment: safeText(content.event.environment),
      }
    : { service_key: '', environment: '' };
}

/** Deliveries of one group follow each other. */
export function groupOf(delivery: NewDelivery): string {
  const { service_key, environment } = subjectOf(delivery);
  return groupKey({ sender: delivery.sender, service_key, environment });
}

export function groupKey(row: {
  sender: string;
  service_key: string;
  environment: string;
}): string {
  return JSON.stringify([row.sender, row.service_key, row.environment]);
}

/**
 * The key that has to be unique in a sender.
 *
 * A sender's own id goes with what it tells: one run of a pipeline may tell of
 * several services under its id, and where the id is not signed along, whoever
 * recorded a delivery must not use up the id of one to come.
 *
 * Without an id of the sender's, a delivery repeats the latest of its group if
 * its bytes are the same. Its key is then made of the bytes and of the key that
 * it follows: two equal posts at the same moment make the same key, and one of
 * them loses, while the same bytes after something else (v1, v2, v1) make
 * another. Of two replicas that are sent the same at once, both make the same
 * keys out of it.
 */
export function dedupeKeyOf(
  delivery: Pick<NewDelivery, 'externalId' | 'digest' | 'content'>,
  before: string | undefined,
): string {
  const { externalId, digest } = delivery;
  return externalId === undefined
    ? sha256(`after:${before ?? ''}:${digest}`)
    : sha256(`id:${JSON.stringify([externalId, ...toldBy(delivery)])}`);
}

/** Not its time: a retry may tell it anew. */
function toldBy({
  content,
  digest,
}: Pick<NewDelivery, 'content' | 'digest'>): string[] {
  if (content.type === 'ignored') {
    return [digest];
  }
  const { event, service, environment, version } = content.event;
  return [event, service.toLowerCase(), environment, version];
}

function sha256(text: string): string {
  return hash('sha256', text);
}
