import { readBody } from './readBody';

const target = { source: 'services', url: new URL('https://example.com/') };

describe('readBody', () => {
  it('stops the countdown while somebody works on a piece, and at the end', async () => {
    const pieces = ['[1', ',2]'].map(text => new TextEncoder().encode(text));
    const events: string[] = [];
    const body = new ReadableStream(
      {
        pull(controller) {
          events.push('wait');
          const piece = pieces.shift();
          return piece ? controller.enqueue(piece) : controller.close();
        },
      },
      { highWaterMark: 0 },
    );
    const chunks = readBody({
      target,
      response: new Response(body),
      maxBytes: 100,
      countdown: {
        pause: () => events.push('pause'),
        resume: () => events.push('resume'),
      },
      signal: new AbortController().signal,
    });

    for await (const _ of chunks) {
      events.push('work');
    }

    expect(events).toEqual([
      'wait',
      'pause',
      'work',
      'resume',
      'wait',
      'pause',
      'work',
      'resume',
      'wait',
      'pause',
    ]);
  });
});
