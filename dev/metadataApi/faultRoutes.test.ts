import { startTestApi, type TestApi } from './testing';

describe('/faults', () => {
  let api: TestApi;
  beforeEach(async () => {
    api = await startTestApi();
  });
  afterEach(() => api.close());

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
    expect(api.state.faults.state.mode).toBe('none');
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

  describe('slow', () => {
    beforeEach(() => switchTo('slow'));

    /** Sends a request, and waits until the server began to hold its answer. */
    async function sendAndHold(init: RequestInit = {}) {
      const { faults } = api.state;
      const hold = faults.hold.bind(faults);
      let answer!: Promise<Response>;
      let end!: Promise<void>;
      await new Promise<void>(begun => {
        jest.spyOn(faults, 'hold').mockImplementation(signal => {
          end = hold(signal);
          begun();
          return end;
        });
        answer = api.request('/metadata', init);
        answer.catch(() => {});
      });
      return { answer, end };
    }

    it('holds the answer until the mode changes', async () => {
      const { answer } = await sendAndHold();
      const winner = await Promise.race([
        answer.then(() => 'answered'),
        new Promise(resolve => setTimeout(resolve, 50, 'held')),
      ]);
      expect(winner).toBe('held');

      await switchTo('none');

      expect((await answer).status).toBe(200);
    });

    it('lets go when the caller hangs up', async () => {
      const caller = new AbortController();
      const { answer, end } = await sendAndHold({ signal: caller.signal });

      caller.abort();

      await expect(answer).rejects.toThrow(/abort/);
      await end;
    });

    it('does not keep the server from closing', async () => {
      const { answer } = await sendAndHold();

      await api.close();

      await expect(answer).rejects.toThrow();
      api = await startTestApi();
    });
  });
});
