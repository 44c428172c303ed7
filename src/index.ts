/**
 * Records of metadata APIs as catalog entities, and signed deployment webhooks.
 *
 * @packageDocumentation
 */
export { catalogModuleCustomData as default } from './module';
