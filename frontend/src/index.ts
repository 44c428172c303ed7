export { customDataPlugin as default } from './plugin';
export { customDataTranslationRef } from './translation';
