/*
 * The credentials of sources and senders by their ids, and when they are due.
 * Their values are left where they are.
 */
import type { SenderSettings } from './sender';
import type { SourceSettings } from './source';

/** What a source shows to its API, or what a sender signs with. */
export interface Credential {
  id: string;
  notBefore?: Date;
  notAfter?: Date;
  /** When the configuration says that it should have been replaced. */
  rotateBy?: Date;
}

/** A credential of which the configuration does not say when it is due is due after a quarter. */
const DEFAULT_LIFE_DAYS = 90;
const DAY_MS = 24 * 3_600_000;

/** Names of headers that hold a credential. */
const SECRET_HEADER = /auth|token|secret|cookie|(^|-)api-?key|signature/i;

/** Those of a source, named by their keys unless `credential.id` names them. */
export function credentialsOfSource(
  settings: Pick<SourceSettings, 'credential' | 'headers' | 'auth'>,
): Credential[] {
  const { credential, headers, auth } = settings;
  const keys = [
    ...(auth ? [`auth.${auth.type}`] : []),
    ...Object.keys(headers)
      .filter(name => SECRET_HEADER.test(name))
      .map(name => `headers.${name}`),
  ];
  if (credential?.id !== undefined) {
    return [{ id: credential.id, rotateBy: credential.rotateBy }];
  }
  return keys.map(id => ({ id, rotateBy: credential?.rotateBy }));
}

/** Its secrets, and the public keys of its signatures. */
export function credentialsOfSender({
  secrets,
  verify,
}: Pick<SenderSettings, 'secrets' | 'verify'>): Credential[] {
  return [
    ...secrets.map(({ id, notBefore, notAfter, rotateBy }) => ({
      id,
      notBefore,
      notAfter,
      rotateBy,
    })),
    ...(verify.ed25519?.keys ?? []).map(({ id, rotateBy }) => ({
      id,
      rotateBy,
    })),
  ];
}

/** When a credential that was first seen then has to be replaced. */
export function dueDate(
  { rotateBy }: Pick<Credential, 'rotateBy'>,
  firstSeenAt: Date,
): Date {
  return (
    rotateBy ?? new Date(firstSeenAt.getTime() + DEFAULT_LIFE_DAYS * DAY_MS)
  );
}

/** Whether it is in use and should have been replaced by now. */
export function isDue(
  credential: Credential,
  firstSeenAt: Date,
  now: Date,
): boolean {
  const { notBefore, notAfter } = credential;
  const isInForce =
    (!notBefore || notBefore <= now) && (!notAfter || now < notAfter);
  return isInForce && dueDate(credential, firstSeenAt) <= now;
}
