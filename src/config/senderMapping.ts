import type { z } from 'zod';
import { block, text } from './primitives';

const expression = () => text().optional();

/** Expressions over the body of an event, by the field that each gives. */
export const mapping = block({
  event: expression(),
  service: expression(),
  repository: expression(),
  version: expression(),
  environment: expression(),
  target: expression(),
  physicalEnvironment: expression(),
  time: expression(),
  sequence: expression(),
  url: expression(),
  commit: expression(),
  commitTime: expression(),
  digest: expression(),
  catalog_refresh: expression(),
  /** The sender's own id of the delivery. */
  id: expression(),
});

export type Mapping = z.output<typeof mapping>;
export type MappedField = keyof Mapping;
