import type { DeliveryLog } from '../model/delivery';
import type { DeploymentStore, DeploymentSubjects } from '../model/deployment';
import type {
  EntityExplainer,
  ManageStore,
  SourceControl,
} from '../model/manage';
import type { DeliveryControl } from '../model/replay';
import type { SenderControl } from '../model/sender';
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
