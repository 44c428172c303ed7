import type {
  BackstageCredentials,
  BackstageServicePrincipal,
  BackstageUserPrincipal,
} from '@backstage/backend-plugin-api';
import { NotAllowedError } from '@backstage/errors';
import type express from 'express';

export type Caller = BackstageCredentials<
  BackstageUserPrincipal | BackstageServicePrincipal
>;

interface Given {
  params?: Record<string, string>;
  query?: Record<string, unknown>;
  body?: unknown;
  headers?: Record<string, string>;
}

/** A call of an action, with what a request of the same route would bring. */
export class ActionCall implements Given {
  readonly params: Record<string, string>;
  readonly query: Record<string, unknown>;
  readonly body: unknown;
  readonly headers: Record<string, string>;

  constructor(
    /** Its name, for the audit. */
    readonly action: string,
    readonly credentials: Caller,
    { params = {}, query = {}, body, headers = {} }: Given,
  ) {
    this.params = params;
    this.query = query;
    this.body = body;
    this.headers = headers;
  }
}

/** What routes and actions share a function for is asked by either. */
export type Asked = express.Request | ActionCall;

/** @throws NotAllowedError for nobody. */
export function toCaller(credentials: BackstageCredentials): Caller {
  const { type } = credentials.principal as { type: string };
  if (type !== 'user' && type !== 'service') {
    throw new NotAllowedError('A user or a service has to ask');
  }
  return credentials as Caller;
}
