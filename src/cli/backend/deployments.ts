import { destinationName } from '../../deployments/deployment';
import { type Call, STATUS } from '../terminal';
import { type BackendOptions, Backend, type ListOptions } from './client';
import { plainTime, printList } from './output';

interface DeploymentsOptions extends BackendOptions, ListOptions {
  entity?: string[];
  history?: boolean;
  sender?: string;
  service?: string;
  environment?: string;
  target?: string;
  since?: string;
  until?: string;
}

/** `deployments`: what runs where, or the history. */
export async function run(call: Call<DeploymentsOptions>): Promise<number> {
  const { options, terminal } = call;
  const { history, sender, service, environment, target } = options;
  const { since, until, limit, all } = options;
  const backend = new Backend(call);
  const filter = { history, sender, service, environment, target };
  const items: any[] = [];
  let more = false;
  // The route takes one entity.
  for (const entity of options.entity ?? [undefined]) {
    const list = await backend.list('/deployments', {
      ...filter,
      entity,
      since,
      until,
      limit,
      all,
    });
    items.push(...list.items);
    more ||= list.more;
  }
  printList(terminal, options, {
    list: { items, more, first: undefined },
    rowOf,
    none: 'No deployment matches.',
  });
  return STATUS.OK;
}

function rowOf(deployment: any) {
  return {
    ENTITY: deployment.entityRef,
    ENVIRONMENT: destinationName(deployment),
    VERSION: deployment.version,
    STATUS: deployment.status,
    AT: plainTime(deployment.deployedAt ?? deployment.eventAt),
    SENDER: deployment.sender,
    SEQUENCE: deployment.sequence,
    // The entity shows another one, from elsewhere.
    NOTE: deployment.current === false ? 'not the newest' : undefined,
    COMMIT: deployment.commit,
    URL: deployment.url,
    DELIVERY: deployment.deliveryId,
  };
}
