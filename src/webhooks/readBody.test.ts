import type { Request } from 'express';
import { PassThrough } from 'node:stream';
import { type BodyReading, readBody } from './readBody';

describe('readBody', () => {
  let body: PassThrough;
  let reading: BodyReading | undefined;
  let room: number;

  beforeEach(() => {
    jest.useFakeTimers({ doNotFake: ['nextTick', 'setImmediate'] });
    body = new PassThrough();
    reading = undefined;
    room = Infinity;
  });

  afterEach(() => {
    jest.useRealTimers();
  });

  function read(deadlineMs = 30_000) {
    const req = Object.assign(body, { headers: {} }) as unknown as Request;
    const take = (bytes: number) => {
      room -= bytes;
      return room >= 0;
    };
    readBody(req, { maxBytes: 1_000_000, deadlineMs, take }).then(value => {
      reading = value;
    });
  }

  async function pass(seconds: number) {
    await jest.advanceTimersByTimeAsync(seconds * 1000);
    await new Promise(resolve => setImmediate(resolve));
  }

  const refused = (status: number, message: string) => ({
    type: 'refused',
    answer: expect.objectContaining({
      status,
      text: expect.stringContaining(message),
    }),
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

  it('takes no more memory than the limit for a body, however it comes', async () => {
    read();
    // With single bytes, a buffer that doubles would take nearly two megabytes.
    const sizes = [...Array(16).fill(62_499), ...Array(16).fill(1)];
    sizes.forEach((size, i) => body.write(Buffer.alloc(size, i)));
    body.end();
    await pass(0);
    const received = (reading as { body: Buffer }).body;
    expect(received.buffer.byteLength).toBeLessThanOrEqual(1_000_000);
    expect(received).toEqual(
      Buffer.concat(sizes.map((size, i) => Buffer.alloc(size, i))),
    );
  });

  it('ends where there is no room for more', async () => {
    room = 3_000;
    read();
    body.write(Buffer.alloc(3_000));
    await pass(0);
    expect(reading).toBeUndefined();
    body.write(Buffer.alloc(1));
    await pass(0);
    expect(reading).toEqual({ type: 'no-room' });
    expect(jest.getTimerCount()).toBe(0);
  });

  it('waits until the deadline for a body that does not end', async () => {
    read(30_000);
    body.write(Buffer.alloc(500_000));
    await pass(29.9);
    expect(reading).toBeUndefined();
    await pass(0.1);
    expect(reading).toEqual(
      refused(408, 'The body did not arrive within 30 s'),
    );
  });

  it.each(['before', 'while'])(
    'ends where the caller hangs up %s it is read',
    async when => {
      if (when === 'before') {
        body.destroy();
        await pass(0);
      }
      read();
      body.destroy();
      await pass(0);
      expect(reading).toEqual({ type: 'gone' });
      expect(jest.getTimerCount()).toBe(0);
    },
  );
});
