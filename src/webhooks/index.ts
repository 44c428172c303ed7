export {
  createWebhookRouter,
  WEBHOOK_PATH,
  type WebhookRouterOptions,
} from './createWebhookRouter';
export {
  createDeliveryWorker,
  type DeliveryWorker,
  type DeliveryWorkerOptions,
} from './createDeliveryWorker';
export { MAX_BODY_BYTES } from './readBody';
