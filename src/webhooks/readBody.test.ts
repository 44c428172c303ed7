import type { Request } from 'express';
import { PassThrough } from 'node:stream';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { type BodyReading, readBody } from './readBody';

setFlagsFromString('--expose-gc');
const collectGarbage: () => void = runInNewContext('gc');

describe('readBody', () => {
  let body: PassThrough;
  let reading: BodyReading | undefined;

  beforeEach(() => {
    jest.useFakeTimers({ doNotFake: ['nextTick', 'setImmediate'] });
    body = new PassThrough();
    reading = undefined;
  });

  afterEach(() => {
    jest.useRealTimers();
  });

  function read(deadlineMs = 30_000) {
    const req = Object.assign(body, { headers: {} }) as unknown as Request;
    readBody(req, { maxBytes: 1_000_000, deadlineMs }).then(value => {
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

  it('needs no more memory for a body of single bytes than for the body', async () => {
    read(300_000);
    const bytes = 300_000;
    collectGarbage();
    const before = process.memoryUsage();
    for (let i = 0; i < bytes; i++) {
      body.write(Buffer.of(i % 251));
      if (i % 1000 === 0) {
        await pass(0);
      }
    }
    await pass(0);
    collectGarbage();
    const { heapUsed, arrayBuffers } = process.memoryUsage();
    expect(
      heapUsed + arrayBuffers - before.heapUsed - before.arrayBuffers,
    ).toBeLessThan(10_000_000);
    body.end();
    await pass(0);
    const received = (reading as { body: Buffer }).body;
    expect(received).toHaveLength(bytes);
    expect(received.every((byte, i) => byte === i % 251)).toBe(true);
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
