import type { JsonObject } from '@backstage/types';
import { settingsOf } from '../../ingestion/__testUtils__/fakes';
import {
  CANDIDATE_LIMITS,
  type RunningCandidate,
  startCandidate,
} from './startCandidate';

const entity = (type: string): JsonObject[] => [
  {
    apiVersion: 'backstage.io/v1alpha1',
    kind: 'Component',
    metadata: { name: '${{ id }}' },
    spec: { type, lifecycle: 'production', owner: 'x' },
  },
];

jest.mock('node:child_process', () => {
  const actual = jest.requireActual('node:child_process');
  return { ...actual, fork: jest.fn(actual.fork) };
});

describe('startCandidate', () => {
  let candidate: RunningCandidate | undefined;
  const stop = new AbortController();

  afterEach(() => candidate?.stop());

  async function start(
    type: string,
    options: { signal?: AbortSignal; limits?: typeof CANDIDATE_LIMITS } = {},
  ) {
    const { signal = stop.signal, limits = CANDIDATE_LIMITS } = options;
    candidate = await startCandidate({
      settings: settingsOf({ entity: entity(type) }),
      placeholders: [],
      signal,
      limits,
    });
    return candidate.mapper;
  }

  it('maps as the backend does', async () => {
    const mapper = await start('${{ kind }}');
    const record = { id: 'a', kind: 'service' };
    await expect(mapper.recordId(record)).resolves.toBe('a');
    await expect(mapper.map(record, 'a')).resolves.toEqual({
      type: 'mapped',
      entities: [
        expect.objectContaining({
          spec: { type: 'service', lifecycle: 'production', owner: 'x' },
        }),
      ],
    });
    await expect(mapper.explainNoId({ name: 'a' })).resolves.toContain('"id"');
    await expect(mapper.selectRecords({ a: 1 })).rejects.toMatchObject({
      name: 'SourceError',
      code: 'shape',
    });
  });

  it('has nothing of the environment of the backend', async () => {
    await start('service');
    const { fork } = jest.requireMock('node:child_process');
    expect(fork.mock.calls.at(-1)[2].env).toEqual({});
  });

  it('is stopped once it has worked for too long, and says so with each call', async () => {
    // Each evaluation takes until the limit of JSONata.
    const loop = '${{ ($f := function($x) { $f($x + 1) }; $f(1)) }}';
    const limits = { ...CANDIDATE_LIMITS };
    const mapper = await start(loop, { limits });
    // Not before: to start takes a slow machine longer.
    limits.workMs = 2_000;
    const work = async () => {
      for (let number = 0; number < 100; number++) {
        await mapper.recordId({ id: `${number}` });
      }
    };
    await expect(work()).rejects.toThrow('worked for more than 2 s');
    await expect(mapper.recordId({ id: 'a' })).rejects.toMatchObject({
      name: 'InputError',
    });
  });

  it('is stopped when its caller goes, in the middle of an evaluation', async () => {
    const gone = new AbortController();
    const loop = '${{ ($f := function($x) { $f($x + 1) }; $f(1)) }}';
    const mapper = await start(loop, { signal: gone.signal });
    const call = mapper.recordId({ id: 'a' });
    gone.abort(new Error('the caller went'));
    await expect(call).rejects.toThrow('the caller went');
  });
});
