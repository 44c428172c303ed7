import { environmentFault } from '../../config/entities';
import { textAt, valueAt } from './fields';
import type { Format } from './payload';

const EVENTS: Record<string, string> = {
  running: 'deployment.started',
  success: 'deployment.success',
  failed: 'deployment.failure',
};

/** Of these nothing has happened, or nothing more than was told before. */
const IGNORED = ['created', 'blocked', 'approved', 'rejected', 'canceled'];

const NAMES: Record<string, string> = {
  event: 'status',
  repository: 'project.path_with_namespace',
  service: 'project.path_with_namespace',
  version: 'commit_url',
  'metadata.environment': 'environment_slug',
  time: 'status_changed_at',
  url: 'deployable_url',
};

/** GitLab's deployment events. */
export const gitlabFormat: Format = (value, headers) => {
  const kind = textAt(value, 'object_kind') ?? '';
  if (kind !== 'deployment') {
    const name = /^[a-z_]{1,60}$/.test(kind) ? `"${kind}"` : 'of this kind';
    const reason = `GitLab's event ${name} is not about a deployment`;
    return { type: 'ignored', reason };
  }
  const status = textAt(value, 'status') ?? '';
  if (IGNORED.includes(status)) {
    return { type: 'ignored', reason: `The deployment is ${status}` };
  }
  const commit = /\/commit\/([0-9a-f]{40,64})$/.exec(
    textAt(value, 'commit_url') ?? '',
  )?.[1];
  return {
    type: 'payload',
    value: {
      event: EVENTS[status] ?? 'deployment.',
      repository: valueAt(value, 'project.path_with_namespace'),
      version: commit ?? valueAt(value, 'short_sha'),
      metadata: { environment: environmentOf(value) },
      commit,
      time: isoTime(textAt(value, 'status_changed_at')),
      url: valueAt(value, 'deployable_url'),
    },
    nameOf: path => NAMES[path] ?? path,
    // The same in each attempt at a delivery.
    externalId: headers('idempotency-key')[0],
  };
};

/** A review app, `review/my-branch`, has a name that only its slug can stand for. */
function environmentOf(value: unknown): unknown {
  const name = textAt(value, 'environment');
  return name !== undefined && environmentFault(name) === undefined
    ? name
    : valueAt(value, 'environment_slug');
}

const TIME =
  /^(\d{4}-\d\d-\d\d)[ T](\d\d:\d\d:\d\d(?:\.\d+)?) ?(UTC|Z|[+-]\d\d:?\d\d)$/;

/** `2021-04-28 21:50:00 +0200`, as GitLab writes times, in ISO 8601. */
function isoTime(text: string | undefined): string | undefined {
  const [, date, time, zone] = TIME.exec(text ?? '') ?? [];
  if (date === undefined) {
    return text;
  }
  const offset =
    zone.length > 3 ? zone.replace(/(\d\d):?(\d\d)$/, '$1:$2') : 'Z';
  return `${date}T${time}${offset}`;
}
