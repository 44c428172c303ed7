import { toMisconfigured } from './messages';
import { readSource } from './readSource';

const path = ['sources', 'ci'];
const readRaw = (value: object) =>
  readSource({ name: 'ci', value: { type: 'push', ...value }, path });

function read(value: object) {
  const parsed = readRaw(value);
  if (parsed.type === 'faulty') {
    throw new Error(JSON.stringify(parsed.faults));
  }
  return parsed.value;
}

function faultOf(value: object) {
  const parsed = readRaw(value);
  return parsed.type === 'faulty'
    ? toMisconfigured('ci', path, parsed.faults)
    : undefined;
}

describe('a source of type push', () => {
  it('needs only who may write', () => {
    expect(read({ principals: ['external:ci'] })).toMatchObject({
      type: 'push',
      url: 'custom-data:ci',
      principals: [{ subject: 'external:ci' }],
      requireIfMatch: false,
      poll: true,
      kinds: ['Component', 'API', 'Resource', 'System', 'Domain'],
      namespaces: ['default'],
      removals: { maxRatio: 0.2, minCount: 1 },
      changes: { maxRatio: 1, ignore: [] },
    });
  });

  it('takes kinds and namespaces of each, and the ref of a user in any case', () => {
    const principals = [
      { subject: 'user:Default/Jane', kinds: ['api'], namespaces: ['a', 'a'] },
      'plugin:scaffolder',
      'CI-pipeline',
    ];
    expect(read({ principals }).principals).toEqual([
      { subject: 'user:default/jane', kinds: ['API'], namespaces: ['a'] },
      { subject: 'plugin:scaffolder' },
      { subject: 'CI-pipeline' },
    ]);
  });

  it.each([
    ['principals', {}, 'is missing'],
    ['principals', { principals: [] }, 'is present and empty'],
    ['principals[0].subject', { principals: ['c i'] }, '"c i" is no caller'],
    ['principals[0].subject', { principals: [''] }, 'is empty'],
    ['principals[0].subject', { principals: ['user:a b'] }, 'is no caller'],
    ['principals[0].subject', { principals: ['group:default/a'] }, 'no caller'],
    [
      'principals[0].kind',
      { principals: [{ subject: 'external:ci', kind: 'API' }] },
      'did you mean "kinds"?',
    ],
    [
      'principals[0].namespaces',
      { principals: [{ subject: 'external:ci', namespaces: [] }] },
      'is present and empty',
    ],
    [
      'url',
      { principals: ['external:ci'], url: 'https://a.example.com' },
      'is not for a push source',
    ],
    [
      'schedule',
      { principals: ['external:ci'], schedule: { frequency: { hours: 1 } } },
      'is not for a push source',
    ],
  ])('reports %s in %j', (key, value, reason) => {
    expect(faultOf(value)).toMatchObject({
      key: `sources.ci.${key}`,
      reason: expect.stringContaining(reason),
    });
  });

  it('is the only one that has principals', () => {
    const value = { url: 'https://a.example.com', type: 'http' };
    expect(faultOf({ ...value, principals: ['external:ci'] })).toMatchObject({
      key: 'sources.ci.principals',
      reason: 'is for a source of type "push"; remove it',
    });
  });
});
