import { ownTime, type Happening } from './timeline';

const HAPPENINGS: Happening[] = [
  { type: 'fetch', at: 50, until: 90, about: ['http://api/other'] },
  { type: 'answer', at: 100, about: ['one'] },
  { type: 'answer', at: 101, about: ['two'] },
  { type: 'refresh', at: 110, about: ['key:a', 'key:b'] },
  { type: 'fetch', at: 112, until: 117, about: ['http://api/b'] },
  { type: 'mutation', at: 120, about: ['component:default/b'] },
];

describe('ownTime', () => {
  it('is that from the 202 to the call', () => {
    expect(
      ownTime(HAPPENINGS.slice(0, 4), {
        delivery: 'one',
        call: 'refresh',
        about: 'key:b',
      }),
    ).toBe(10);
  });

  it('leaves out what was waited for', () => {
    expect(
      ownTime(HAPPENINGS, {
        delivery: 'two',
        call: 'mutation',
        about: 'component:default/b',
      }),
    ).toBe(14);
  });

  it('is not known before both have happened', () => {
    const about = 'key:b';
    expect(
      ownTime(HAPPENINGS, { delivery: 'one', call: 'mutation', about }),
    ).toBeUndefined();
    expect(
      ownTime(HAPPENINGS, { delivery: 'three', call: 'refresh', about }),
    ).toBeUndefined();
  });
});
