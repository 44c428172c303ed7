import { destinationName } from '../../deployments/deployment';
import { type Call, STATUS, type Terminal } from '../terminal';
import {
  type BackendOptions,
  Backend,
  type ListOptions,
  segment,
} from './client';
import {
  plainTime,
  printFields,
  printJson,
  printList,
  printTable,
} from './output';

interface DeliveriesOptions extends BackendOptions, ListOptions {
  sender?: string;
  state?: string;
  service?: string;
  environment?: string;
  target?: string;
  since?: string;
  until?: string;
}

/** `deliveries`: what senders posted, and what became of it. */
export async function run(call: Call<DeliveriesOptions>): Promise<number> {
  const { args, options, terminal } = call;
  const backend = new Backend(call);
  const [id] = args;
  if (id === undefined) {
    const { sender, state, service, environment, target } = options;
    const { since, until, limit, all } = options;
    const filter = { sender, state, service, environment, target };
    const list = await backend.list('/deliveries', {
      ...filter,
      since,
      until,
      limit,
      all,
    });
    printList(terminal, options, { list, rowOf, none: 'No delivery matches.' });
    return STATUS.OK;
  }
  const delivery = await backend.get(`/deliveries/${segment(id, 'delivery')}`);
  if (options.json) {
    printJson(terminal, delivery);
  } else {
    printDelivery(terminal, delivery);
  }
  return STATUS.OK;
}

function rowOf({ event, ...delivery }: any) {
  return {
    ID: delivery.id,
    RECEIVED: plainTime(delivery.receivedAt),
    SENDER: delivery.sender,
    STATE: delivery.state,
    EVENT: event?.event,
    SERVICE: event?.service,
    VERSION: event?.version,
    ENVIRONMENT: event && destinationName(event),
    REASON: delivery.reason,
  };
}

function printDelivery(terminal: Terminal, delivery: any): void {
  const { event, headers, attemptList } = delivery;
  printFields(terminal, {
    id: delivery.id,
    sender: delivery.sender,
    "sender's id": delivery.externalId,
    'signed with': delivery.secretId,
    dialect: delivery.dialect,
    state: delivery.state,
    reason: delivery.reason,
    received: plainTime(delivery.receivedAt),
    completed: plainTime(delivery.settledAt),
    'tried again': plainTime(delivery.dueAt),
    event: event?.event,
    service: event?.service,
    version: event?.version,
    environment: event && destinationName(event),
    happened: plainTime(event?.time),
    headers,
    payload: delivery.payload,
  });
  if (attemptList.length > 0) {
    terminal.stdout.write('\n');
    printTable(terminal, attemptList.map(attemptRowOf));
  }
}

function attemptRowOf({ attempt, startedAt, endedAt, state, reason }: any) {
  return {
    ATTEMPT: attempt,
    STARTED: plainTime(startedAt),
    ENDED: plainTime(endedAt),
    STATE: state,
    REASON: reason,
  };
}
