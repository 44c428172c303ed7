import type { DatabaseService } from '@backstage/backend-plugin-api';
import { createDeliveryStore } from '../store/deliveries';
import { createDeploymentStore } from '../store/deployments';
import { createEntityRegistry } from '../store/createEntityRegistry';
import { createManageStore } from '../store/manage/createManageStore';
import { migrate } from '../store/migrate';
import { createReadStateStore } from '../store/reads/createReadStateStore';
import { createSyncStore } from '../store/sync/createSyncStore';
import { whenReady } from '../store/whenReady';

export type Stores = ReturnType<typeof createStores>;

/** The tables; whoever uses one waits until they are migrated. */
export function createStores({ database }: { database: DatabaseService }) {
  const ready = database.getClient().then(async knex => {
    await migrate({ knex, migrations: database.migrations });
    return { knex };
  });
  return {
    store: whenReady(ready.then(createSyncStore)),
    manage: whenReady(ready.then(createManageStore)),
    reads: whenReady(ready.then(createReadStateStore)),
    registry: whenReady(ready.then(createEntityRegistry)),
    deliveries: whenReady(ready.then(createDeliveryStore)),
    deployments: whenReady(ready.then(createDeploymentStore)),
  };
}
