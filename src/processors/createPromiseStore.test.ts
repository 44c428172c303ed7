import { createPromiseStore } from './createPromiseStore';

describe('createPromiseStore', () => {
  it('gives what was added last, once', async () => {
    const store = createPromiseStore<number>();
    store.add('a', Promise.resolve(1));
    store.add('a', Promise.resolve(2));
    await expect(store.take('a')).resolves.toBe(2);
    expect(store.take('a')).toBeUndefined();
  });

  it('does not grow with what nobody comes for', () => {
    const store = createPromiseStore<number>();
    for (let i = 0; i < 1001; i++) {
      store.add(`${i}`, Promise.resolve(i));
    }
    expect(store.take('0')).toBeUndefined();
    expect(store.take('1')).toBeDefined();
  });

  it('lets a failure be seen by whoever takes it, and nobody else', async () => {
    const store = createPromiseStore<number>();
    store.add('a', Promise.reject(new Error('no')));
    store.add('b', Promise.reject(new Error('no')));
    await new Promise(resolve => setImmediate(resolve));
    await expect(store.take('a')).rejects.toThrow('no');
  });
});
