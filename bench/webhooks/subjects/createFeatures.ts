import type { BackendFeature } from '@backstage/backend-plugin-api';
import type { WebhookSubject } from '../names';

const EVENTS = [
  '@backstage/plugin-events-backend',
  '@backstage/plugin-events-backend-module-github',
];

const load = (name: string): BackendFeature => require(name).default;

/* Loaded only where it is measured, and where it is installed. */
const FEATURES: Record<WebhookSubject, () => BackendFeature[]> = {
  module: () => [load('../../../src')],
  events: () => EVENTS.map(load),
  'events-no-bus': () => EVENTS.map(load),
  bare: () => [load('./bareRoutes')],
  'insert-each': () => [load('./bareRoutes')],
  'insert-together': () => [load('./bareRoutes')],
};

/** What takes webhooks, beside the catalog. */
export const createFeatures = (subject: WebhookSubject) => FEATURES[subject]();
