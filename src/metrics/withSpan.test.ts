import { SpanStatusCode, trace, type TracerProvider } from '@opentelemetry/api';
import { describeSource } from '../ingestion/__testUtils__/describeSource';
import { service } from '../ingestion/__testUtils__/fakes';

/** Of the spans that ended, names and what became of them. */
let ended: string[] = [];
/** Of the spans that began. */
let attributes: unknown[] = [];

const provider = {
  getTracer: () => ({
    startActiveSpan(name: string, options: any, work: any) {
      let status = '';
      attributes.push(options.attributes);
      return work({
        setStatus: ({ code }: { code: SpanStatusCode }) => {
          status = ` ${SpanStatusCode[code]}`;
        },
        end: () => ended.push(`${name}${status}`),
      });
    },
  }),
} as unknown as TracerProvider;

describeSource('the spans of a run', world => {
  beforeAll(() => {
    // Only the first counts: a tracer keeps its provider.
    trace.setGlobalTracerProvider(provider);
  });

  beforeEach(() => {
    ended = [];
    attributes = [];
  });

  it('are around its steps, with the id of the run', async () => {
    await world.poll(world.start(), [service('a')]);
    expect(ended).toEqual([
      'custom_data.map',
      'custom_data.fetch',
      'custom_data.plan',
      'custom_data.apply',
      'custom_data.run',
    ]);
    const [{ run_id: run }] = await world.runs();
    expect(attributes[0]).toEqual({
      source: 'registry',
      kind: 'poll',
      run,
    });
  });

  it('say where it failed', async () => {
    world.source.answer = new Error('down');
    await expect(world.poll(world.start())).rejects.toThrow('down');
    expect(ended).toEqual(['custom_data.fetch ERROR', 'custom_data.run ERROR']);
  });

  it('are around the steps of a single record as well', async () => {
    await world.syncRecord(world.start(), service('a'));
    expect(ended).toEqual([
      'custom_data.fetch',
      'custom_data.plan',
      'custom_data.apply',
      'custom_data.run',
    ]);
  });
});
