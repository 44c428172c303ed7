/**
 * Records of metadata APIs as catalog entities, and signed deployment webhooks.
 *
 * @packageDocumentation
 */

export {
  customDataDeliveryReadPermission,
  customDataDeliveryReplayPermission,
  customDataEntityPushPermission,
  customDataPermissions,
  customDataPinWritePermission,
  customDataPlanDecidePermission,
  customDataSenderPausePermission,
  customDataSnapshotImportPermission,
  customDataSnapshotReadPermission,
  customDataSnapshotRestorePermission,
  customDataSnapshotTakePermission,
  customDataSourceDryRunCandidatePermission,
  customDataSourceDryRunPermission,
  customDataSourceSyncPermission,
} from './api/permissions';
export {
  customDataExtensionPoint,
  type CustomDataExtensionPoint,
} from './extension';
export type {
  WebhookDialect,
  WebhookDialectReading,
  WebhookDialectRequest,
} from './webhooks/dialects/customDialect';
export type { CustomRecordSource } from './sources/customRecordSource';
export type {
  RecordTransformer,
  TransformContext,
  Transformed,
} from './mapping/createTransformerMapper';
export { catalogModuleCustomData as default } from './module';
