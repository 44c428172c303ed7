/**
 * Records of metadata APIs as catalog entities, and signed deployment webhooks.
 *
 * @packageDocumentation
 */
export {
  customDataDeliveryReadPermission,
  customDataDeliveryReplayPermission,
  customDataPermissions,
  customDataPlanDecidePermission,
  customDataSenderPausePermission,
  customDataSourceSyncPermission,
} from './api/permissions';
export {
  customDataExtensionPoint,
  type CustomDataExtensionPoint,
} from './extension';
export type {
  CustomRecordSource,
  RecordTransformer,
  TransformContext,
  Transformed,
} from './model/extension';
export { catalogModuleCustomData as default } from './module';
