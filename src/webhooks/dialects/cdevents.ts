import { isObject } from '../../lib/values';
import type { HeaderValues } from '../headers';
import { textAt, valueAt } from './fields';
import type { Format, Opened } from './payload';
import { readPurl } from './purl';

const EVENTS: Record<string, string> = {
  deployed: 'deployment.success',
  upgraded: 'deployment.success',
  rolledback: 'deployment.rollback',
  removed: 'deployment.removed',
};

/** `dev.cdevents.service.deployed.0.3.0`; the number is that of this event, and grows with the specification. */
const TYPE = /^dev\.cdevents\.([a-z]{1,40})\.([a-z]{1,40})\.\d/;

const NAMES: Record<string, string> = {
  event: 'context.type',
  service: 'subject.id',
  version: 'subject.content.artifactId',
  digest: 'subject.content.artifactId',
  'metadata.environment': 'subject.content.environment.id',
  'metadata.physicalEnvironment': 'subject.content.environment.source',
  time: 'context.timestamp',
};

/** CDEvents about services, as CloudEvents over HTTP in each of its three modes. */
export const cdeventsFormat: Format = (value, headers) => {
  switch (mediaTypeOf(headers)) {
    case 'application/cloudevents-batch+json':
      return Array.isArray(value)
        ? {
            type: 'batch',
            items: value.map(item => ({ value: item, opened: unwrap(item) })),
          }
        : { type: 'invalid', message: 'the body: a batch must be a list' };
    case 'application/cloudevents+json':
      return unwrap(value);
    default:
      // The headers of binary mode repeat what the body says.
      return readEvent(value, path => path);
  }
};

function mediaTypeOf(headers: HeaderValues): string {
  const [type = ''] = headers('content-type');
  return type.split(';')[0].trim().toLowerCase();
}

/** Takes the CDEvent out of a CloudEvent in structured mode. */
function unwrap(value: unknown): Opened {
  const data = valueAt(value, 'data');
  return isObject(data)
    ? readEvent(data, path => `data.${path}`)
    : { type: 'invalid', message: 'data: must be a CDEvent, as an object' };
}

function readEvent(event: unknown, at: (path: string) => string): Opened {
  const type = textAt(event, 'context.type') ?? '';
  const [, subject, predicate] = TYPE.exec(type) ?? [];
  if (subject === undefined) {
    return {
      type: 'invalid',
      message: `${at(
        'context.type',
      )}: must be the type of a CDEvent, such as "dev.cdevents.service.deployed.0.3.0"`,
    };
  }
  const meaning = EVENTS[predicate];
  if (subject !== 'service' || meaning === undefined) {
    const reason = `A CDEvent "${subject}.${predicate}" is not about a deployment`;
    return { type: 'ignored', reason };
  }
  const artifact = readPurl(textAt(event, 'subject.content.artifactId'));
  return {
    type: 'payload',
    value: {
      event: meaning,
      // `service/myapp` and `daemonset/myapp` are the service `myapp`.
      service: textAt(event, 'subject.id')?.split('/').pop(),
      version: artifact?.version,
      digest: artifact?.digest,
      metadata: {
        environment: valueAt(event, 'subject.content.environment.id'),
        physicalEnvironment: valueAt(
          event,
          'subject.content.environment.source',
        ),
      },
      time: valueAt(event, 'context.timestamp'),
    },
    nameOf: path => at(NAMES[path] ?? path),
    // Unique together.
    externalId: [
      textAt(event, 'context.source'),
      textAt(event, 'context.id'),
    ].join('#'),
  };
}
