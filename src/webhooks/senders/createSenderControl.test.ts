import { aSender } from '../../config/__testUtils__/aSender';
import type { SenderStore } from '../sender';
import { createSenderControl } from './createSenderControl';

const KEY = Buffer.from('0123456789abcdef0123456789abcdef');

describe('createSenderControl', () => {
  const now = new Date('2026-11-22T12:00:00.000Z');
  const before = new Date(now.getTime() - 1);
  const after = new Date(now.getTime() + 1);
  const paused: Awaited<ReturnType<SenderStore['paused']>> = new Map();
  const uses: Awaited<ReturnType<SenderStore['lastUses']>> = [];
  const order: string[] = [];

  const control = createSenderControl({
    store: {
      paused: async () => paused,
      lastUses: async () => uses,
      setPaused: async (sender, by) => {
        order.push('stored');
        if (by) {
          paused.set(sender, by);
        } else {
          paused.delete(sender);
        }
      },
    },
    senders: [
      aSender({
        name: 'ci',
        secrets: [
          { id: 'old', key: KEY, notAfter: now, rotateBy: before },
          { id: 'present', key: KEY, notBefore: now, rotateBy: after },
          { id: 'next', key: KEY, notBefore: after },
        ],
      }),
      aSender({ name: 'argo', paused: true }),
    ],
    misconfigured: [
      {
        name: 'broken',
        key: 'catalog.customData.webhooks.broken.secrets',
        reason: 'is empty',
        entity: 'component:default/{service}',
        aliases: {},
      },
    ],
    watch: {
      refresh: async () => {
        order.push('looked');
      },
    },
    now: () => now,
  });
  const find = async (name: string) =>
    (await control.list()).find(sender => sender.name === name);

  beforeEach(() => {
    paused.clear();
    uses.length = 0;
    order.length = 0;
  });

  it('lists all by name, those at fault with the key', async () => {
    const all = await control.list();

    expect(all.map(({ name, state }) => [name, state])).toEqual([
      ['argo', 'paused'],
      ['broken', 'misconfigured'],
      ['ci', 'active'],
    ]);
    expect(all[0].paused).toBeUndefined();
    expect(all[1].reason).toBe(
      'catalog.customData.webhooks.broken.secrets: is empty',
    );
  });

  it('tells which secret is in force, which is overdue, and which is in use', async () => {
    uses.push(
      { sender: 'ci', secretId: 'old', at: before },
      { sender: 'argo', secretId: 'present', at: before },
    );

    expect((await find('ci'))?.secrets).toEqual([
      {
        id: 'old',
        state: 'expired',
        notAfter: now.toISOString(),
        rotateBy: before.toISOString(),
        overdue: true,
        lastUsedAt: before.toISOString(),
      },
      {
        id: 'present',
        state: 'valid',
        notBefore: now.toISOString(),
        rotateBy: after.toISOString(),
        overdue: false,
      },
      {
        id: 'next',
        state: 'not-yet-valid',
        notBefore: after.toISOString(),
        overdue: false,
      },
    ]);
  });

  it('shows nothing of a key', async () => {
    const text = JSON.stringify(await control.list());

    expect(text).not.toContain('key');
    expect(text).not.toContain(KEY.toString());
    expect(text).not.toContain(KEY.toString('base64'));
  });

  it('pauses and resumes, and has this process know it at once', async () => {
    await control.pause('ci', 'user:default/jane');
    await expect(find('ci')).resolves.toMatchObject({
      state: 'paused',
      paused: { by: 'user:default/jane', at: now.toISOString() },
    });

    await control.resume('ci');
    await expect(find('ci')).resolves.toMatchObject({ state: 'active' });
    expect(order).toEqual(['stored', 'looked', 'stored', 'looked']);
  });

  it.each([
    ['nobody', 'NotFoundError'],
    ['broken', 'ConflictError'],
    ['argo', 'ConflictError'],
  ])('pauses and resumes %p for nobody', async (name, error) => {
    await expect(control.pause(name, 'me')).rejects.toMatchObject({
      name: error,
    });
    await expect(control.resume(name)).rejects.toMatchObject({ name: error });
    expect(order).toEqual([]);
  });
});
