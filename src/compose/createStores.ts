import type { DatabaseService } from '@backstage/backend-plugin-api';
import { createCatalogRelations } from '../store/catalogRelations';
import { createEntityRegistry } from '../store/createEntityRegistry';
import { createDeliveryLog } from '../store/deliveries/createDeliveryLog';
import { createDeliveryStore } from '../store/deliveries/createDeliveryStore';
import { createDeploymentStore } from '../store/deployments/createDeploymentStore';
import { createLineageStore } from '../store/manage/createLineageStore';
import { createManageStore } from '../store/manage/createManageStore';
import { migrate } from '../store/migrate';
import { createCatalogVerdicts } from '../store/problems/createCatalogVerdicts';
import { createFindingsStore } from '../store/problems/createFindingsStore';
import { createReadStateStore } from '../store/reads/createReadStateStore';
import { createRetentionStore } from '../store/retention/createRetentionStore';
import { createSenderStore } from '../store/senders/createSenderStore';
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
    lineages: whenReady(ready.then(createLineageStore)),
    manage: whenReady(ready.then(createManageStore)),
    reads: whenReady(ready.then(createReadStateStore)),
    findings: whenReady(ready.then(createFindingsStore)),
    verdicts: whenReady(ready.then(createCatalogVerdicts)),
    registry: whenReady(ready.then(createEntityRegistry)),
    relations: whenReady(ready.then(createCatalogRelations)),
    deliveries: whenReady(ready.then(createDeliveryStore)),
    deliveryLog: whenReady(ready.then(createDeliveryLog)),
    deployments: whenReady(ready.then(createDeploymentStore)),
    senderStore: whenReady(ready.then(createSenderStore)),
    retention: whenReady(ready.then(createRetentionStore)),
  };
}
