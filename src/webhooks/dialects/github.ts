import { isObject } from '../../lib/values';
import type { Format } from './payload';
import { textAt, valueAt } from './fields';

/** What the states of a deployment mean; those that are not here change nothing yet. */
const EVENTS: Record<string, string> = {
  success: 'deployment.success',
  in_progress: 'deployment.started',
  failure: 'deployment.failure',
  error: 'deployment.failure',
};

const NAMES: Record<string, string> = {
  service: 'deployment.payload.service',
  repository: 'repository.full_name',
  version: 'deployment.sha',
  commit: 'deployment.sha',
  'metadata.environment': 'deployment.environment',
  'metadata.target': 'deployment.payload.target',
  'metadata.physicalEnvironment': 'deployment.payload.physical_environment',
  digest: 'deployment.payload.digest',
  time: 'deployment_status.created_at',
  url: 'deployment_status.log_url',
};

const stateOf = (value: unknown) =>
  textAt(value, 'deployment_status.state') ?? '';

/**
 * GitHub's events `deployment` and `deployment_status`. What GitHub does not
 * know itself may stand in the payload that a deployment is created with, under
 * the names that GitHub's deployment records have.
 */
export const githubFormat: Format = (value, headers) => {
  const [event] = headers('x-github-event');
  if (event === undefined) {
    return { type: 'invalid', message: 'X-GitHub-Event: is required' };
  }
  if (event !== 'deployment' && event !== 'deployment_status') {
    const name = /^[a-z_]{1,60}$/.test(event) ? `"${event}"` : 'of this name';
    const reason = `GitHub's event ${name} is not about a deployment`;
    return { type: 'ignored', reason };
  }
  const status = event === 'deployment' ? 'created' : stateOf(value);
  const meaning = meaningOf(status, value);
  if ('reason' in meaning) {
    return { type: 'ignored', ...meaning };
  }
  return {
    type: 'payload',
    value: { ...meaning, ...fieldsOf(value) },
    nameOf: path => NAMES[path] ?? path,
  };
};

function meaningOf(
  state: string,
  value: unknown,
): { event: string } | { reason: string } {
  if (state === 'inactive') {
    // GitHub marks what another deployment replaced, but never a transient
    // environment: that one was taken down.
    return valueAt(value, 'deployment.transient_environment') === true
      ? { event: 'deployment.removed' }
      : { reason: 'Another deployment took the place of this one (inactive)' };
  }
  if (['created', 'pending', 'queued', 'waiting'].includes(state)) {
    return { reason: `The deployment has not begun (${state})` };
  }
  // An unknown one is a mistake, and told as one.
  return { event: EVENTS[state] ?? 'deployment.' };
}

function fieldsOf(value: unknown) {
  const given = payloadOf(value);
  return {
    service: valueAt(given, 'service'),
    repository: valueAt(value, 'repository.full_name'),
    version: valueAt(given, 'version') ?? valueAt(value, 'deployment.sha'),
    metadata: {
      environment:
        valueAt(value, 'deployment_status.environment') ??
        valueAt(value, 'deployment.environment'),
      target: valueAt(given, 'target') ?? valueAt(given, 'cluster'),
      physicalEnvironment: valueAt(given, 'physical_environment'),
    },
    digest: valueAt(given, 'digest'),
    commit: valueAt(value, 'deployment.sha'),
    time: valueAt(value, 'deployment_status.created_at'),
    url:
      valueAt(value, 'deployment_status.log_url') ??
      valueAt(value, 'deployment_status.target_url'),
  };
}

/** What the deployment was created with: an object, or JSON in a text. */
function payloadOf(value: unknown): unknown {
  const payload = valueAt(value, 'deployment.payload');
  if (typeof payload !== 'string') {
    return payload;
  }
  try {
    const parsed = JSON.parse(payload);
    return isObject(parsed) ? parsed : undefined;
  } catch {
    // Any text may stand there.
    return undefined;
  }
}
