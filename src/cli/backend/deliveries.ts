import { describeItem, print, printList } from '../output';
import { type Call, STATUS } from '../terminal';
import {
  Backend,
  type BackendOptions,
  type List,
  type ListOptions,
  segment,
} from './client';

const FILTERS = [
  'sender',
  'state',
  'service',
  'environment',
  'target',
  'since',
  'until',
  'history',
] as const;

type FilterOptions = ListOptions &
  Partial<Record<(typeof FILTERS)[number], unknown>>;

const filterOf = (options: FilterOptions) =>
  Object.fromEntries(FILTERS.map(name => [name, options[name]]));

const deliveryPath = (id: string) => `/deliveries/${segment(id, 'delivery')}`;

/** `deliveries`: what senders posted, and what became of it. */
export async function deliveries(call: Call<FilterOptions>): Promise<number> {
  const { args, options, terminal } = call;
  const backend = new Backend(call);
  const [id] = args;
  if (id !== undefined) {
    const delivery = await backend.get(deliveryPath(id));
    print(call, delivery, () => describeItem(terminal, delivery));
    return STATUS.OK;
  }
  const filter = filterOf(options);
  printList(call, await backend.list('/deliveries', options, filter), {
    columns: [
      'id',
      'receivedAt',
      'sender',
      'state',
      'event.event',
      'event.service',
      'event.version',
      'event.environment',
      'event.target',
      'reason',
    ],
    none: 'No delivery matches.',
  });
  return STATUS.OK;
}

/** `redeliver`: processes a delivery again. */
export async function redeliver(call: Call<BackendOptions>): Promise<number> {
  const path = `${deliveryPath(call.args[0])}/redeliver`;
  print(call, await new Backend(call).post(path), () => [
    'It is processed again; "deliveries" shows what becomes of it.',
  ]);
  return STATUS.OK;
}

/** `deployments`: what runs where, or the history. */
export async function deployments(
  call: Call<FilterOptions & { entity?: string[] }>,
): Promise<number> {
  const { options } = call;
  const backend = new Backend(call);
  const all: List = { items: [], more: false };
  // The route takes one entity.
  for (const entity of options.entity ?? [undefined]) {
    const filter = { ...filterOf(options), entity };
    const list = await backend.list('/deployments', options, filter);
    all.items = all.items.concat(list.items);
    all.more ||= list.more;
  }
  printList(call, all, {
    columns: [
      'entityRef',
      'environment',
      'target',
      'version',
      'status',
      'deployedAt',
      'eventAt',
      'sender',
      'sequence',
      'current',
      'commit',
      'url',
      'deliveryId',
    ],
    none: 'No deployment matches.',
  });
  return STATUS.OK;
}
