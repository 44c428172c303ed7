import type { Request } from 'express';
import { PassThrough } from 'node:stream';
import { readBody, type BodyReading } from './readBody';

describe('readBody', () => {
  let body: PassThrough;
  let place: { lost: boolean; onLost?: () => void };
  let reading: BodyReading | undefined;

  beforeEach(() => {
    jest.useFakeTimers({ doNotFake: ['nextTick', 'setImmediate'] });
    body = new PassThrough();
    place = { lost: false };
    reading = undefined;
  });

  afterEach(() => {
    jest.useRealTimers();
  });

  function read(deadlineMs = 30_000) {
    const req = Object.assign(body, { headers: {} }) as unknown as Request;
    readBody(req, {
      maxBytes: 1_000_000,
      deadlineMs,
      place,
    }).then(value => {
      reading = value;
    });
  }

  async function pass(seconds: number) {
    await jest.advanceTimersByTimeAsync(seconds * 1000);
    await new Promise(resolve => setImmediate(resolve));
  }

  const refused = (status: number, message: string) => ({
    type: 'refused',
    answer: expect.objectContaining({ status, message }),
  });

  it('waits 10 seconds for a body that does not come', async () => {
    read();
    await pass(9.9);
    expect(reading).toBeUndefined();
    await pass(0.1);
    expect(reading).toEqual(
      refused(408, 'The body did not arrive within 10 s'),
    );
  });

  it('waits a second more for each kilobyte that has come', async () => {
    read();
    body.write(Buffer.alloc(2_000));
    await pass(11.9);
    body.write(Buffer.alloc(3_000));
    await pass(3);
    expect(reading).toBeUndefined();
    await pass(0.1);
    expect(reading).toEqual(
      refused(408, 'The body did not arrive within 15 s'),
    );
  });

  it('reads what keeps coming', async () => {
    read();
    for (let i = 0; i < 25; i++) {
      body.write(Buffer.alloc(1_000, i));
      await pass(1);
    }
    body.end();
    await pass(0);
    expect(reading).toMatchObject({ type: 'read' });
    expect((reading as { body: Buffer }).body).toHaveLength(25_000);
    expect(jest.getTimerCount()).toBe(0);
  });

  it.each([30, 300])('waits %i seconds at most', async seconds => {
    read(seconds * 1000);
    body.write(Buffer.alloc(500_000));
    await pass(seconds - 0.1);
    expect(reading).toBeUndefined();
    await pass(0.1);
    expect(reading).toEqual(
      refused(408, `The body did not arrive within ${seconds} s`),
    );
  });

  it.each(['before', 'while'])(
    'stops where the place is lost %s it is read',
    async when => {
      if (when === 'before') {
        place.lost = true;
      }
      read();
      body.write('a');
      await pass(1);
      place.onLost?.();
      await pass(0);
      expect(reading).toEqual(
        refused(429, 'Too many requests at once, send it again later'),
      );
      expect(jest.getTimerCount()).toBe(0);
    },
  );
});
