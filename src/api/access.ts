/*
 * Who may do what. A caller without valid credentials gets a 401 from
 * Backstage's `httpAuth`. A caller who may not do something gets a 403, from
 * `assertMayRead` or `withAudit`.
 */
import type {
  AuditorService,
  HttpAuthService,
  PermissionsService,
} from '@backstage/backend-plugin-api';
import { NotAllowedError, toError } from '@backstage/errors';
import {
  AuthorizeResult,
  type BasicPermission,
  createPermission,
} from '@backstage/plugin-permission-common';
import type { JsonObject } from '@backstage/types';
import { ActionCall, type Asked, type Caller } from './asked';

/** The catalog's own, which it exports and lists from Backstage 1.55 on. */
export const catalogIngestionReadPermission = createPermission({
  name: 'catalog.ingestion.read',
  attributes: { action: 'read' },
});

export interface AccessContext {
  httpAuth: HttpAuthService;
  permissions: PermissionsService;
  auditor: AuditorService;
  /**
   * Whether users may change things, and read the payload of a delivery. Without
   * the permission framework every signed-in user has every permission.
   */
  usersMayWrite: boolean;
}

/**
 * Returns who asks.
 *
 * @throws NotAllowedError if the caller lacks the permission, which by default
 * is the one to see how sources are doing.
 */
export async function assertMayRead(
  context: AccessContext,
  req: Asked,
  permission: BasicPermission = catalogIngestionReadPermission,
): Promise<Caller> {
  const caller = await callerOf(context, req);
  await assertAllowed(context, caller, permission);
  return caller;
}

/**
 * Does something that changes things, or shows something that is not for
 * everybody, for a caller who may. Whether it succeeds, fails or is denied is
 * audited.
 */
export async function withAudit<T>(
  context: AccessContext,
  options: {
    req: Asked;
    /** All of several are needed. */
    permission: BasicPermission | BasicPermission[];
    eventId: string;
    severityLevel?: 'low' | 'medium';
    /** What it is done to. */
    meta: JsonObject;
    /** Gets the name of the caller. */
    work: (by: string) => Promise<T>;
    /** What came of it, for the audit beside `meta`: a run, a revision before and after. */
    outcome?: (result: T) => JsonObject;
  },
): Promise<T> {
  const { req, permission, work, outcome, ...what } = options;
  const caller = await callerOf(context, req);
  const event = await context.auditor.createEvent({
    severityLevel: 'medium',
    ...what,
    ...(req instanceof ActionCall
      ? { meta: { ...what.meta, action: req.action, caller: nameOf(caller) } }
      : { request: req }),
  });
  try {
    assertUsersMayWrite(context, caller);
    for (const each of [permission].flat()) {
      await assertAllowed(context, caller, each);
    }
    const result = await work(nameOf(caller));
    await event.success({ meta: outcome?.(result) });
    return result;
  } catch (error) {
    await event.fail({ error: toError(error) });
    throw error;
  }
}

async function callerOf(
  { httpAuth }: AccessContext,
  req: Asked,
): Promise<Caller> {
  return req instanceof ActionCall
    ? req.credentials
    : httpAuth.credentials(req, { allow: ['user', 'service'] });
}

async function assertAllowed(
  { permissions }: AccessContext,
  credentials: Caller,
  permission: BasicPermission,
): Promise<void> {
  const [{ result }] = await permissions.authorize([{ permission }], {
    credentials,
  });
  if (result !== AuthorizeResult.ALLOW) {
    throw new NotAllowedError(`The permission "${permission.name}" is needed`);
  }
}

function assertUsersMayWrite(
  { usersMayWrite }: AccessContext,
  { principal }: Caller,
): void {
  if (principal.type !== 'service' && !usersMayWrite) {
    throw new NotAllowedError(
      'Only services may do this while "permission.enabled" is not set; "catalog.customData.allowUserWrites" opens it to every signed-in user',
    );
  }
}

/** As the audit and the tables name a caller. */
export function nameOf({ principal }: Caller): string {
  return principal.type === 'user'
    ? principal.userEntityRef
    : principal.subject;
}
