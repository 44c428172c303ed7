export { readCustomDataSettings } from './readCustomDataSettings';
