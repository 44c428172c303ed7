import { createTranslationRef } from '@backstage/frontend-plugin-api';
import { messages } from './messages';

/** @public */
export const customDataTranslationRef = createTranslationRef({
  id: 'catalog-custom-data',
  messages,
});
