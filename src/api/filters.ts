import { parseEntityRef, stringifyEntityRef } from '@backstage/catalog-model';
import { z } from 'zod';
import { DELIVERY_STATES } from '../deliveries/delivery';
import { DEPLOYMENT_STATUSES } from '../deployments/deployment';

/** Names, as a database takes them. */
const text = z
  .string()
  .min(1)
  .max(255)
  .regex(/^\P{Cc}*$/u, { error: 'has a control character' });

const time = z.iso
  .datetime({
    offset: true,
    error:
      'is no time with a zone, such as "2026-11-22T12:00:00Z"; in a URL the "+" of a zone is "%2B"',
  })
  .transform(value => new Date(value));

const window = { since: time.optional(), until: time.optional() };

const isInOrder = (asked: { since?: Date; until?: Date }) =>
  !asked.since || !asked.until || asked.since < asked.until;

const ORDER = { path: ['until'], error: 'has to be later than "since"' };

/** An entity ref in full and in lower case. */
const entityRef = text.transform((value, context) => {
  try {
    return stringifyEntityRef(parseEntityRef(value));
  } catch {
    context.addIssue({
      code: 'custom',
      message: 'is no entity ref, such as "component:default/payments"',
    });
    return z.NEVER;
  }
});

/** A `DeliveryFilter`, in a query or in JSON. */
export const deliveryFilter = z
  .strictObject({
    sender: text.optional(),
    state: z.enum(DELIVERY_STATES).optional(),
    service: text.optional(),
    environment: text.optional(),
    ...window,
  })
  .refine(isInOrder, ORDER);

const HISTORY_ONLY = ['started', 'failure'];

/** What deployments are asked for by. */
export const deploymentQuery = z
  .strictObject({
    entity: entityRef.optional(),
    service: text.optional(),
    sender: text.optional(),
    environment: text.optional(),
    status: z.enum(DEPLOYMENT_STATUSES).optional(),
    history: z.enum(['true', 'false']).optional(),
    ...window,
  })
  .refine(isInOrder, ORDER)
  .refine(
    ({ status = '', history }) =>
      history === 'true' || !HISTORY_ONLY.includes(status),
    {
      path: ['status'],
      error:
        'tells nothing of what runs; with "history=true" such events are shown',
    },
  )
  .transform(({ history, ...asked }) => ({
    ...asked,
    history: history === 'true',
  }));
