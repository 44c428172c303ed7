/**
 * Records of metadata APIs as catalog entities, and signed deployment webhooks.
 *
 * @packageDocumentation
 */
export {
  customDataPermissions,
  customDataPlanDecidePermission,
  customDataSourceSyncPermission,
} from './api/permissions';
export { catalogModuleCustomData as default } from './module';
