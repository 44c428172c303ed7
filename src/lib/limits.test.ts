import { createSlots } from './limits';

const turn = () => new Promise(resolve => setImmediate(resolve));

describe('createSlots', () => {
  it('has so many go on at once, the others in the order in which they came', async () => {
    const slots = createSlots(2);
    const ends: Array<() => void> = [];
    const started: number[] = [];
    const all = [0, 1, 2, 3].map(n =>
      slots(() => {
        started.push(n);
        return new Promise<number>(resolve => ends.push(() => resolve(n)));
      }),
    );
    await turn();
    expect(started).toEqual([0, 1]);
    ends[1]();
    await turn();
    expect(started).toEqual([0, 1, 2]);
    ends[0]();
    ends[2]();
    await turn();
    ends[3]();
    await expect(Promise.all(all)).resolves.toEqual([0, 1, 2, 3]);
  });

  it('gives the place of one that failed to the next', async () => {
    const slots = createSlots(1);
    const failing = slots(async () => {
      throw new Error('no');
    });
    const next = slots(async () => 'next');
    await expect(failing).rejects.toThrow('no');
    await expect(next).resolves.toBe('next');
    await expect(slots(async () => 'later')).resolves.toBe('later');
  });
});
