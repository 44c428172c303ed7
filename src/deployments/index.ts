export { annotationsOf, isDeploymentAnnotation } from './annotationsOf';
export { createDeploymentSubjects } from './createDeploymentSubjects';
export { HeadsSnapshot, type Learn } from './HeadsSnapshot';
export type { KnownHead } from './LatestHeads';
export { serviceKeysIn } from './indexHeads';
export { judgeDeliveries, type DeliveryVerdict } from './judgeDeliveries';
export { planReplay } from './planReplay';
export {
  createServiceKeyLookup,
  serviceKeysOf,
  type ServiceKeyLookup,
} from './serviceKeys';
