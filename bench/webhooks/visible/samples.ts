import {
  DEPLOYED_VERSION_PREFIX,
  deploymentRefreshKey,
} from '../../../src/lib/keys';
import { createRecord } from '../../api/registry';
import { monotonicMs } from '../../measure/clock';
import { createRequest, toBytes } from '../createRequest';
import { Connection } from '../load/Connection';
import type { RunningBackend } from '../subjects/startBackend';
import { createViewer } from './createViewer';
import { MARK, refOf, serviceName } from './entities';
import { type Happening, ownTime } from './timeline';

const SHOWN = `${DEPLOYED_VERSION_PREFIX}production`;

/** What is measured of one entity. */
export interface Sample {
  /** Until it was seen. */
  visibleMs?: number;
  /** What this module took of that. */
  ownMs?: number;
}

/** Ways to tell the catalog of an entity, by its number. */
export interface Samples {
  webhook(index: number): Promise<Sample>;
  refresh(index: number): Promise<Sample>;
  delta(index: number): Promise<Sample>;
  /** A webhook that has a record fetched as well. */
  catalogRefresh(index: number): Promise<Sample>;
}

interface Delivery {
  id: string;
  service: string;
  catalogRefresh?: boolean;
  /** The call into the catalog that it brings about, and what that is about. */
  call: 'refresh' | 'mutation';
  about: string;
}

export function createSamples(backend: RunningBackend): Samples {
  const see = createViewer(backend.port);
  const bare = (route: 'refresh' | 'delta') => async (index: number) => {
    const mark = `${route}-${index}`;
    const startedAt = await backend.ask<number>(route, { index, mark });
    const name = serviceName(index);
    const seenAt = await see({ name, annotation: MARK, value: mark });
    return { visibleMs: seenAt - startedAt };
  };
  const deliver = async (delivery: Delivery) => {
    const { id, service, call, about } = delivery;
    await backend.ask('happenings');
    const answeredAt = await post(backend, delivery);
    const seenAt = await see({ name: service, annotation: SHOWN, value: id });
    const happenings = await backend.ask<Happening[]>('happenings');
    return {
      visibleMs: seenAt - answeredAt,
      ownMs: ownTime(happenings, { delivery: id, call, about }),
    };
  };
  return {
    refresh: bare('refresh'),
    delta: bare('delta'),
    webhook: index =>
      deliver({
        id: `visible-${index}`,
        service: serviceName(index),
        call: 'refresh',
        about: deploymentRefreshKey(refOf(index)),
      }),
    catalogRefresh(index) {
      const { serviceId: service } = createRecord(index, 1);
      return deliver({
        id: `record-${index}`,
        service,
        catalogRefresh: true,
        call: 'mutation',
        about: `component:default/${service}`,
      });
    },
  };
}

async function post(
  backend: RunningBackend,
  { id, service, catalogRefresh }: Delivery,
): Promise<number> {
  const connection = await Connection.open(backend.port);
  const time = new Date();
  const { status } = await connection.send(
    toBytes(
      createRequest({ subject: 'module', time, id, service, catalogRefresh }),
    ),
  );
  const answeredAt = monotonicMs();
  connection.close();
  if (status !== 202) {
    throw new Error(`A webhook was answered ${status}`);
  }
  return answeredAt;
}
