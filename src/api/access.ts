import type {
  AuditorService,
  AuditorServiceEventSeverityLevel,
  BackstageCredentials,
  BackstageServicePrincipal,
  BackstageUserPrincipal,
  HttpAuthService,
  PermissionsService,
} from '@backstage/backend-plugin-api';
import { NotAllowedError, toError } from '@backstage/errors';
import { catalogIngestionReadPermission } from '@backstage/plugin-catalog-common/alpha';
import {
  AuthorizeResult,
  type BasicPermission,
} from '@backstage/plugin-permission-common';
import type { JsonObject } from '@backstage/types';
import type express from 'express';

type Caller = BackstageCredentials<
  BackstageUserPrincipal | BackstageServicePrincipal
>;

export interface AccessOptions {
  httpAuth: HttpAuthService;
  permissions: PermissionsService;
  auditor: AuditorService;
  /**
   * Whether users may write at all: without the permission framework every
   * signed-in user has every permission.
   */
  usersMayWrite: boolean;
}

/** What is asked of a caller beside the permission. */
type Assertion = (options: AccessOptions, caller: Caller) => void;

interface AuditedWork<T> {
  req: express.Request;
  permission: BasicPermission;
  eventId: string;
  meta: JsonObject;
  /** Is given the name of who asked. */
  work: (by: string) => Promise<T>;
}

export interface Access {
  /**
   * Who asks.
   *
   * @throws NotAllowedError where the caller lacks the permission; without one
   *   named, that to see how sources are doing.
   */
  assertMayRead(
    req: express.Request,
    permission?: BasicPermission,
  ): Promise<Caller>;
  /**
   * Shows something that is not for everybody, to a caller who may, and keeps
   * who saw it; a failure and a denial are audited, too.
   */
  read<T>(options: AuditedWork<T>): Promise<T>;
  /**
   * Does something that changes things, for a caller who may, and has it
   * audited whether it succeeds, fails or is denied.
   */
  write<T>(options: AuditedWork<T>): Promise<T>;
}

export function createAccess(options: AccessOptions): Access {
  const callerOf = (req: express.Request): Promise<Caller> =>
    options.httpAuth.credentials(req, { allow: ['user', 'service'] });
  const audited =
    (severityLevel: AuditorServiceEventSeverityLevel, assert: Assertion) =>
    async <T>({ req, permission, work, ...what }: AuditedWork<T>) => {
      const caller = await callerOf(req);
      const event = await options.auditor.createEvent({
        ...what,
        severityLevel,
        request: req,
      });
      try {
        assert(options, caller);
        await assertMay(options, caller, permission);
        const result = await work(nameOf(caller));
        await event.success();
        return result;
      } catch (error) {
        await event.fail({ error: toError(error) });
        throw error;
      }
    };
  return {
    assertMayRead: async (req, permission = catalogIngestionReadPermission) => {
      const caller = await callerOf(req);
      await assertMay(options, caller, permission);
      return caller;
    },
    read: audited('low', assertMayAct),
    write: audited('medium', assertMayAct),
  };
}

async function assertMay(
  { permissions }: AccessOptions,
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

function assertMayAct(
  { usersMayWrite }: AccessOptions,
  { principal }: Caller,
): void {
  if (principal.type !== 'service' && !usersMayWrite) {
    throw new NotAllowedError(
      'Only services may do this while "permission.enabled" is not set; "catalog.customData.allowUserWrites" opens it to every signed-in user',
    );
  }
}

function nameOf({ principal }: Caller): string {
  return principal.type === 'user'
    ? principal.userEntityRef
    : principal.subject;
}
