export { annotationsOf } from './annotationsOf';
export {
  createServiceKeyLookup,
  serviceKeysOf,
  type ServiceKeyLookup,
} from './serviceKeys';
