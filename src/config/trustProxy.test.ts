import { parse } from './fault';
import { trustProxy } from './trustProxy';

function read(value: unknown) {
  const parsed = parse(trustProxy, value, []);
  return parsed.type === 'ok' ? parsed.value : parsed.faults[0].reason;
}

describe('trustProxy', () => {
  it.each([
    [1, 1],
    ['1', 1],
    [' 2 ', 2],
    [false, false],
    ['false', false],
    ['no', false],
  ])('reads %j as %j', (value, settings) => {
    expect(read(value)).toBe(settings);
  });

  it('reads networks and addresses as blocks', () => {
    expect(read(['10.0.0.0/8', '::1', '10.0.0.0/8'])).toEqual([
      '10.0.0.0/8',
      '::1/128',
    ]);
  });

  it.each([[true], ['true'], ['yes'], [['0.0.0.0/0']], [['10.0.0.1', '::/0']]])(
    'says why %j is refused',
    value => {
      expect(read(value)).toContain(
        'would believe whoever sends the header X-Forwarded-For',
      );
    },
  );

  it.each([0, '0', -1, 1.5, 11])('refuses %j hops', value => {
    expect(read(value)).toBe(
      `${Number(value)} is not a whole number from 1 to 10`,
    );
  });

  it.each([['10.0.0.0/8'], ['loopback'], [''], [null], [{ hops: 1 }]])(
    'says what may stand for %j',
    value => {
      expect(read(value)).toContain('a list of networks or addresses');
    },
  );

  it.each([[[]], [['loopback']]])('refuses the list %j', value => {
    expect(read(value)).toMatch(/present and empty|is not an address/);
  });
});
