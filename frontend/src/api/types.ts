import type { paths } from './openapi';

/** What a `GET` of a path answers with. */
export type Answer<P extends keyof paths> = paths[P] extends {
  get: { responses: { 200: { content: { 'application/json': infer A } } } };
}
  ? A
  : never;

/** A row of a list. */
export type Item<P extends keyof paths> = Answer<P> extends {
  items: Array<infer I>;
}
  ? I
  : never;

export type Source = Item<'/sources'>;
export type Run = Item<'/sources/{source}/runs'>;
export type Problem = Item<'/sources/{source}/problems'>;
export type Delivery = Item<'/deliveries'>;
export type Deployment = Item<'/deployments'>;
export type Integration = Item<'/integrations'>;
export type Origin =
  Answer<'/entities/by-name/{kind}/{namespace}/{name}/explain'>;
