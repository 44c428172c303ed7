import { createInHand } from './createInHand';

describe('createInHand', () => {
  it('waits for all, those that come meanwhile and those that fail included', async () => {
    const inHand = createInHand();
    const ends: Array<() => void> = [];
    const add = () =>
      inHand.add(new Promise<void>(resolve => ends.push(resolve)));
    const failing = inHand.add(Promise.reject(new Error('no')));
    await expect(failing).rejects.toThrow('no');
    const first = add();
    const ended = jest.fn();
    const all = inHand.ended().then(ended);
    const second = add();
    ends[0]();
    await first;
    await new Promise(resolve => setImmediate(resolve));
    expect(ended).not.toHaveBeenCalled();
    ends[1]();
    await second;
    await all;
  });

  it('has nothing to wait for where nothing goes on', async () => {
    await expect(createInHand().ended()).resolves.toBeUndefined();
  });
});
