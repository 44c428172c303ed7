import type { DeliveryControl } from '../deliveries/createDeliveryControl';
import type { DeliveryLog } from '../deliveries/delivery';
import type {
  DeploymentStore,
  DeploymentSubjects,
} from '../deployments/deployment';
import type { SourceControl } from '../ingestion/control/createSourceControl';
import type { ManageStore } from '../ingestion/database/reports';
import type { EntityExplainer } from '../ingestion/explain/createEntityExplainer';
import type { SenderControl } from '../webhooks/sender';
import type { Access } from './access';
import type { OwnerLookup } from './createOwnerLookup';
import type { VisibleRefs } from './createVisibleRefs';

/** What the routes work with. */
export interface ApiContext {
  access: Access;
  manage: ManageStore;
  control: SourceControl;
  ownersOf: OwnerLookup;
  explainer: EntityExplainer;
  deliveryLog: DeliveryLog;
  deliveryControl: DeliveryControl;
  deployments: Pick<DeploymentStore, 'heads' | 'listHeads' | 'history'>;
  subjects: DeploymentSubjects;
  senderControl: SenderControl;
  visibleRefs: VisibleRefs;
  now: () => Date;
}
