import { startTestApi } from './testing';

describe('listen', () => {
  it('rejects with EADDRINUSE when the port is taken', async () => {
    const first = await startTestApi();
    const port = Number(new URL(first.url).port);

    await expect(first.listen(port)).rejects.toMatchObject({
      code: 'EADDRINUSE',
    });
    await first.close();
  });

  it('frees the port when it closes', async () => {
    const api = await startTestApi();
    const port = Number(new URL(api.url).port);
    await api.close();

    const next = await api.listen(port);

    expect(next.url).toBe(api.url);
    await next.close();
  });
});
