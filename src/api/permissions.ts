import { createPermission } from '@backstage/plugin-permission-common';

/**
 * To poll a source or one of its records now, and to pause and resume it.
 *
 * @public
 */
export const customDataSourceSyncPermission = createPermission({
  name: 'customData.source.sync',
  attributes: { action: 'update' },
});

/**
 * To see what a run of a source would do now. The source is asked for that, and
 * records are shown.
 *
 * @public
 */
export const customDataSourceDryRunPermission = createPermission({
  name: 'customData.source.dryRun',
  attributes: { action: 'read' },
});

/**
 * To have a dry run use expressions, tables and a schema of one's own, beside
 * `customData.source.dryRun`. Whoever may do that sees all of every record.
 *
 * @public
 */
export const customDataSourceDryRunCandidatePermission = createPermission({
  name: 'customData.source.dryRunCandidate',
  attributes: { action: 'read' },
});

/**
 * To decide on held removals and changes: an approval removes entities from the
 * catalog, or changes them.
 *
 * @public
 */
export const customDataPlanDecidePermission = createPermission({
  name: 'customData.plan.decide',
  attributes: { action: 'delete' },
});

/**
 * To make the plan that takes back what a run changed. Carrying it out needs
 * `customData.plan.decide`.
 *
 * @public
 */
export const customDataRunUndoPermission = createPermission({
  name: 'customData.run.undo',
  attributes: { action: 'update' },
});

/**
 * To pin entities, so that their source changes them no more, and to unpin them.
 *
 * @public
 */
export const customDataPinWritePermission = createPermission({
  name: 'customData.pin.write',
  attributes: { action: 'update' },
});

/**
 * To see deliveries of webhooks, with their payloads.
 *
 * @public
 */
export const customDataDeliveryReadPermission = createPermission({
  name: 'customData.delivery.read',
  attributes: { action: 'read' },
});

/**
 * To process deliveries again.
 *
 * @public
 */
export const customDataDeliveryReplayPermission = createPermission({
  name: 'customData.delivery.replay',
  attributes: { action: 'update' },
});

/**
 * To pause and resume a sender. Webhooks of a paused sender are refused.
 *
 * @public
 */
export const customDataSenderPausePermission = createPermission({
  name: 'customData.sender.pause',
  attributes: { action: 'update' },
});

/**
 * To take a snapshot of entities.
 *
 * @public
 */
export const customDataSnapshotTakePermission = createPermission({
  name: 'customData.snapshot.take',
  attributes: { action: 'create' },
});

/**
 * To read the entities of a snapshot: also those that the catalog would hide
 * from the caller, and those that it does not have any more.
 *
 * @public
 */
export const customDataSnapshotReadPermission = createPermission({
  name: 'customData.snapshot.read',
  attributes: { action: 'read' },
});

/**
 * To make a snapshot of a file. What stands in it may be restored later.
 *
 * @public
 */
export const customDataSnapshotImportPermission = createPermission({
  name: 'customData.snapshot.import',
  attributes: { action: 'create' },
});

/**
 * To make plans that restore entities of a snapshot. To approve one takes
 * `customData.plan.decide`.
 *
 * @public
 */
export const customDataSnapshotRestorePermission = createPermission({
  name: 'customData.snapshot.restore',
  attributes: { action: 'update' },
});

/**
 * To look for what is to be cleaned up, and to make plans of it. To approve them
 * is `customData.plan.decide`. Orphans are removed without a plan, where the
 * configuration says so.
 *
 * @public
 */
export const customDataCleanUpRunPermission = createPermission({
  name: 'customData.cleanUp.run',
  attributes: { action: 'update' },
});

/**
 * To write and remove entities of a push source, whose principals say besides who
 * may do that. For entities of other sources, `customData.pin.write` is needed
 * with it.
 *
 * @public
 */
export const customDataEntityPushPermission = createPermission({
  name: 'customData.entity.push',
  attributes: { action: 'update' },
});

/** @public */
export const customDataPermissions = [
  customDataSourceSyncPermission,
  customDataSourceDryRunPermission,
  customDataSourceDryRunCandidatePermission,
  customDataPlanDecidePermission,
  customDataRunUndoPermission,
  customDataPinWritePermission,
  customDataDeliveryReadPermission,
  customDataDeliveryReplayPermission,
  customDataSenderPausePermission,
  customDataSnapshotTakePermission,
  customDataSnapshotReadPermission,
  customDataSnapshotImportPermission,
  customDataSnapshotRestorePermission,
  customDataCleanUpRunPermission,
  customDataEntityPushPermission,
];
