import { textAt, valueAt } from './fields';
import type { Format } from './payload';

const EVENTS: Record<string, string> = {
  ReconciliationSucceeded: 'deployment.success',
  InstallSucceeded: 'deployment.success',
  UpgradeSucceeded: 'deployment.success',
  RollbackSucceeded: 'deployment.rollback',
  UninstallSucceeded: 'deployment.removed',
};

const KINDS = ['Kustomization', 'HelmRelease'];

const NAMES: Record<string, string> = {
  event: 'reason',
  service: 'involvedObject.name',
  version: 'metadata.revision',
  'metadata.environment': 'metadata.environment',
  'metadata.target': 'metadata.cluster',
  time: 'timestamp',
};

/**
 * Events of Flux, as its provider `generic-hmac` sends them. What Flux does not
 * know, such as the environment, comes from `eventMetadata` of the alert.
 */
export const fluxFormat: Format = value => {
  const kind = textAt(value, 'involvedObject.kind') ?? '';
  const reason = textAt(value, 'reason') ?? '';
  const event =
    textAt(value, 'severity') === 'error'
      ? 'deployment.failure'
      : EVENTS[reason];
  if (!KINDS.includes(kind) || event === undefined) {
    const what = [kind, reason].every(each => /^[A-Za-z]{1,60}$/.test(each))
      ? `${reason} of a ${kind}`
      : 'This event of Flux';
    return { type: 'ignored', reason: `${what} is not about a deployment` };
  }
  const metadata = metadataOf(value);
  const { version, commit, digest } = readRevision(metadata.get('revision'));
  return {
    type: 'payload',
    value: {
      event,
      service: metadata.get('service') ?? valueAt(value, 'involvedObject.name'),
      version: metadata.get('version') ?? version,
      commit,
      digest: digest ?? metadata.get('oci-digest'),
      metadata: {
        environment: metadata.get('environment') ?? metadata.get('env'),
        target: metadata.get('cluster'),
        physicalEnvironment: metadata.get('region'),
      },
      time: valueAt(value, 'timestamp'),
    },
    nameOf: path => NAMES[path] ?? path,
  };
};

/** By the last part of each key: some versions write `kustomize.toolkit.fluxcd.io/revision`. */
function metadataOf(value: unknown): Map<string, string> {
  const entries = Object.entries(valueAt(value, 'metadata') ?? {});
  return new Map(
    entries.flatMap(([key, text]) =>
      typeof text === 'string' && text !== ''
        ? [[key.slice(key.lastIndexOf('/') + 1), text] as const]
        : [],
    ),
  );
}

/** `main@sha1:<commit>`, `main/<commit>`, `1.2.3@sha256:<digest>`, or the version of a chart. */
function readRevision(revision: string | undefined): {
  version?: string;
  commit?: string;
  digest?: string;
} {
  if (revision === undefined) {
    return {};
  }
  const commit = /(?:[@/]|sha1:)([0-9a-f]{40})$/.exec(revision)?.[1];
  if (commit !== undefined) {
    return { version: commit, commit };
  }
  const [, version, digest] =
    /^(?:(.*)@)?(sha256:[0-9a-f]{64})$/.exec(revision) ?? [];
  return digest === undefined
    ? { version: revision }
    : { version: version || digest, digest };
}
