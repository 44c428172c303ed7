import { parse } from './messages';
import { networks, trustProxy } from './networks';

function readAs(schema: typeof networks | typeof trustProxy, value: unknown) {
  const parsed = parse<unknown>(schema, value, []);
  return parsed.type === 'ok' ? parsed.value : parsed.faults[0].reason;
}

describe('networks', () => {
  const read = (...value: unknown[]) => readAs(networks, value);

  it.each([
    ['10.0.0.0/8', '10.0.0.0/8'],
    ['203.0.113.7', '203.0.113.7/32'],
    ['0.0.0.0/0', '0.0.0.0/0'],
    ['2001:DB8::/32', '2001:db8::/32'],
    ['2001:db8:0:0:0:0:0:1', '2001:db8::1/128'],
    ['::/0', '::/0'],
    ['::ffff:203.0.113.7', '203.0.113.7/32'],
    ['::ffff:10.0.0.0/104', '10.0.0.0/8'],
  ])('reads %s as the block %s', (value, block) => {
    expect(read(value)).toEqual([block]);
  });

  it('keeps each block once', () => {
    expect(read('10.0.0.1', '::1', '10.0.0.1/32')).toEqual([
      '10.0.0.1/32',
      '::1/128',
    ]);
  });

  it.each([
    '10.1',
    '0x0a.0.0.1',
    '010.0.0.1',
    '167772161',
    '10.0.0.0/33',
    '10.0.0.0/08',
    '10.0.0.0/',
    '10.0.0.0/255.0.0.0',
    '10.0.0.0/8/8',
    '2001:db8::/129',
    '[::1]',
    'fe80::1%eth0',
    'ci.example.com',
    '10.0.0.1, 10.0.0.2',
    ' 10.0.0.1',
  ])('refuses %j', value => {
    expect(read(value)).toContain(
      `${JSON.stringify(value)} is not an address or a CIDR block`,
    );
  });

  it.each([
    ['10.1.2.3/8', '10.0.0.0/8'],
    ['2001:db8::1/32', '2001:db8::/32'],
  ])('refuses the ambiguous %s and suggests %s', (value, block) => {
    expect(read(value)).toBe(
      `"${value}" is an address and not a block; write "${block}", or the address alone`,
    );
  });

  it('refuses an empty list', () => {
    expect(read()).toContain('present and empty');
  });
});
describe('trustProxy', () => {
  const read = (value: unknown) => readAs(trustProxy, value);

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
