import { whenReady } from './whenReady';

interface Greeter {
  greet(name: string): Promise<string>;
}

describe('whenReady', () => {
  it('holds calls until the real object is there', async () => {
    let resolve: (greeter: Greeter) => void = () => {};
    const greeter = whenReady(
      new Promise<Greeter>(done => {
        resolve = done;
      }),
    );
    const greeting = greeter.greet('you');
    resolve({ greet: async name => `hello ${name}` });

    await expect(greeting).resolves.toBe('hello you');
  });

  it('tells each caller why it will never be there', async () => {
    const greeter = whenReady<Greeter>(
      Promise.reject(new Error('no database')),
    );

    await expect(greeter.greet('you')).rejects.toThrow('no database');
  });

  it('is no promise, even where it is awaited', async () => {
    const greeter = whenReady<Greeter>(
      Promise.resolve({ greet: async () => 'hello' }),
    );

    await expect((await greeter).greet('you')).resolves.toBe('hello');
  });
});
