/*
 * What the backend asks for each change. They match by name; the backend
 * decides, and these only hide what would be refused.
 */
import {
  createPermission,
  type PermissionAttributes,
} from '@backstage/plugin-permission-common';

const permission = (
  name: string,
  action: NonNullable<PermissionAttributes['action']>,
) => createPermission({ name: `customData.${name}`, attributes: { action } });

export const sourceSyncPermission = permission('source.sync', 'update');
export const sourceDryRunPermission = permission('source.dryRun', 'read');
export const sourceDryRunCandidatePermission = permission(
  'source.dryRunCandidate',
  'read',
);
export const planDecidePermission = permission('plan.decide', 'delete');
export const runUndoPermission = permission('run.undo', 'update');
export const pinWritePermission = permission('pin.write', 'update');
export const deliveryReadPermission = permission('delivery.read', 'read');
export const deliveryReplayPermission = permission('delivery.replay', 'update');
