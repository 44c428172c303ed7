import { inTurn } from './inTurn';

describe('inTurn', () => {
  it('begins one only when the one before has ended', async () => {
    const events: string[] = [];
    const work = (name: string) => async () => {
      events.push(`${name} begins`);
      await Promise.resolve();
      events.push(`${name} ends`);
      return name;
    };

    expect(await Promise.all([inTurn(work('a')), inTurn(work('b'))])).toEqual([
      'a',
      'b',
    ]);
    expect(events).toEqual(['a begins', 'a ends', 'b begins', 'b ends']);
  });

  it('goes on after a failure, which only its own caller sees', async () => {
    const failed = inTurn(async () => {
      throw new Error('no');
    });
    const next = inTurn(async () => 'next');

    await expect(failed).rejects.toThrow('no');
    await expect(next).resolves.toBe('next');
  });
});
