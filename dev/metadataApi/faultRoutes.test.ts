import type { Request, Response } from 'express';
import { createFaultMiddleware } from './faultRoutes';
import { startTestApi, type TestApi } from './testing';

describe('/faults', () => {
  let api: TestApi;
  beforeEach(async () => {
    api = await startTestApi();
  });
  afterEach(() => {
    jest.useRealTimers();
    return api.close();
  });

  const switchTo = (mode: string, rest: object = {}) =>
    api.send('POST', '/faults', { mode, ...rest });

  it('shows the mode, without a token', async () => {
    await switchTo('rate-limit', { retryAfter: 7 });

    const answer = await fetch(`${api.url}/faults`);

    expect(await answer.json()).toEqual({ mode: 'rate-limit', retryAfter: 7 });
  });

  it.each([
    [{ mode: 'on-fire' }, 'mode'],
    [{ mode: 'rate-limit', retryAfter: -1 }, 'retryAfter'],
    [{ mode: 'none', sometimes: true }, 'sometimes'],
  ])('refuses %j and names what is wrong', async (body, key) => {
    const answer = await api.send('POST', '/faults', body);

    expect(answer.status).toBe(400);
    expect(await answer.json()).toEqual({
      error: expect.stringContaining(key),
    });
    expect(api.state.faults.mode).toBe('none');
  });

  it.each(['/metadata', '/metadata/shop-web'])(
    'limits the rate of %s, and says for how long',
    async path => {
      await switchTo('rate-limit', { retryAfter: 7 });

      const answer = await api.request(path);

      expect(answer.status).toBe(429);
      expect(answer.headers.get('retry-after')).toBe('7');
    },
  );

  it.each(['/metadata', '/metadata/shop-web'])(
    'fails %s with 500',
    async path => {
      await switchTo('error');

      expect((await api.request(path)).status).toBe(500);
    },
  );

  it('empties the list and leaves the single record', async () => {
    await switchTo('empty');

    const list = await api.request('/metadata');
    const single = await api.request('/metadata/shop-web');

    expect([list.status, await list.json()]).toEqual([200, { services: [] }]);
    expect(single.status).toBe(200);
  });

  it('takes the serviceId from one record of the list', async () => {
    await switchTo('broken-record');

    const list = await api.request('/metadata');

    expect(await list.json()).toEqual({
      services: [
        { team: 'payments' },
        { serviceId: 'shop-web', team: 'storefront' },
      ],
    });
  });

  it('recovers', async () => {
    await switchTo('error');
    await switchTo('none');

    expect((await api.request('/metadata')).status).toBe(200);
  });

  it('holds an answer for two minutes', () => {
    jest.useFakeTimers();
    const next = jest.fn();
    createFaultMiddleware({ mode: 'slow', retryAfter: 0 })(
      {} as Request,
      {} as Response,
      next,
    );

    jest.advanceTimersByTime(119_999);
    expect(next).not.toHaveBeenCalled();
    jest.advanceTimersByTime(1);
    expect(next).toHaveBeenCalled();
  });
});
