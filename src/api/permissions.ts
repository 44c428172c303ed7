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
 * To decide on held removals: an approval removes entities from the catalog.
 *
 * @public
 */
export const customDataPlanDecidePermission = createPermission({
  name: 'customData.plan.decide',
  attributes: { action: 'delete' },
});

/** @public */
export const customDataPermissions = [
  customDataSourceSyncPermission,
  customDataPlanDecidePermission,
];
