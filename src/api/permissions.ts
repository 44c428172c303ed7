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

/** @public */
export const customDataPermissions = [
  customDataSourceSyncPermission,
  customDataPlanDecidePermission,
  customDataDeliveryReadPermission,
  customDataDeliveryReplayPermission,
  customDataSenderPausePermission,
];
