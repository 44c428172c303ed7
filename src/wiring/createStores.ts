import type { DatabaseService } from '@backstage/backend-plugin-api';
import {
  createCatalogRelations,
  createCatalogVerdicts,
  createEntityRegistry,
} from '../database/catalogTables';
import { migrate } from '../database/migrate';
import { whenReady } from '../database/whenReady';
import { createDeliveryLog } from '../deliveries/database/createDeliveryLog';
import { createDeliveryStore } from '../deliveries/database/createDeliveryStore';
import { createDeploymentStore } from '../deployments/database/createDeploymentStore';
import { createSyncStore } from '../ingestion/database/createSyncStore';
import { createFindingsStore } from '../ingestion/database/findings';
import { createLineageStore } from '../ingestion/database/lineage';
import { createManageStore } from '../ingestion/database/reports';
import { createReadStateStore } from '../locations/database/readState';
import { createRetentionStore } from '../upkeep/database/retention';
import { createSenderStore } from '../webhooks/database/senders';

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
