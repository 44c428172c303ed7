import { createPlaces, type Place } from './createPlaces';

describe('createPlaces', () => {
  let time: number;
  let lost: string[];

  beforeEach(() => {
    time = 0;
    lost = [];
  });

  /** Takes places by name, of which the first letter is the address. */
  const create = (count: number) => {
    const places = createPlaces({ count, now: () => new Date(time) });
    return (...names: string[]) =>
      names.map(name =>
        places.take({ addressKey: name[0], onLost: () => lost.push(name) }),
      );
  };

  it('gives as many as there are, and each again when it is left', () => {
    const take = create(2);
    const [first, second] = take('a1', 'a2') as Place[];
    first.keep();
    second.keep();
    expect(take('b1')).toEqual([undefined]);
    first.leave();
    first.leave();
    expect(take('b1')).not.toEqual([undefined]);
    take('b2', 'b3');
    expect(lost).toEqual(['b1', 'b2']);
  });

  it('takes none away that is kept', () => {
    const take = create(3);
    take('a1', 'a2', 'a3').forEach(place => place!.keep());
    time = 60_000;
    expect(take('b1')).toEqual([undefined]);
    expect(lost).toEqual([]);
  });

  it('has those who take many lose the oldest of theirs', () => {
    const take = create(5);
    take('b1', 'a1', 'a2', 'a3', 'c1');
    take('b2', 'a4', 'a5', 'd1');
    expect(lost).toEqual(['a1', 'a2', 'a3', 'b1']);
  });

  it('takes first what is slow, whoever has how many', () => {
    const take = create(5);
    take('x1', 'y1', 'z1');
    time = 999;
    take('a1', 'a2', 'a3');
    expect(lost).toEqual(['a1']);
    time = 1_000;
    take('a4', 'a5', 'a6');
    expect(lost).toEqual(['a1', 'x1', 'y1', 'z1']);
  });

  it('counts no place twice that was taken away', () => {
    const take = create(1);
    const [first] = take('a1') as Place[];
    const [second] = take('a2') as Place[];
    first.leave();
    first.keep();
    second.keep();
    expect(take('a3')).toEqual([undefined]);
    second.leave();
    expect(take('a4')).not.toEqual([undefined]);
  });
});
