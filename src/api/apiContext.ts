import type {
  EntityExplainer,
  ManageStore,
  SourceControl,
} from '../model/manage';
import type { Access } from './access';
import type { EntityGate } from './createEntityGate';
import type { OwnerLookup } from './createOwnerLookup';

/** What the routes work with. */
export interface ApiContext {
  access: Access;
  manage: ManageStore;
  control: SourceControl;
  ownersOf: OwnerLookup;
  explainer: EntityExplainer;
  maySee: EntityGate;
  now: () => Date;
}
