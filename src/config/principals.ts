import { z } from 'zod';
import { quoteValue } from '../lib/values';
import { fullEntityRef, kind, namespace } from './entities';
import { block, describedText, list, uniqueList } from './primitives';

/** Who calls, as the audit names them. Only a user's ref is the same in any case. */
const subject = describedText(value =>
  toSubject(value) === undefined
    ? `${quoteValue(
        value,
      )} is no caller; give the "subject" of a token of "backend.auth.externalAccess", "user:default/<name>" or "plugin:<id>"`
    : undefined,
).transform(value => toSubject(value)!);

function toSubject(value: string): string | undefined {
  if (value.startsWith('user:')) {
    return fullEntityRef(value);
  }
  // A group does not call.
  return /^\S+$/.test(value) && !value.startsWith('group:') ? value : undefined;
}

const principal = block({
  /** A token of `externalAccess`, a user, or a plugin. */
  subject,
  /** Kinds that it may push; those of the source by default. */
  kinds: uniqueList(kind).optional(),
  /** Namespaces that it may push into; those of the source by default. */
  namespaces: uniqueList(namespace).optional(),
});

/** Who may push, each as a block, or as its subject alone. */
export const principals = list(
  z.preprocess(
    value => (typeof value === 'string' ? { subject: value } : value),
    principal,
  ),
);

export type PrincipalSettings = z.output<typeof principal>;
