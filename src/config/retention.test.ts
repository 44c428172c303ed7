import { formatKey, parse } from './fault';
import { retention } from './retention';

const DAY = 86_400_000;

function read(value: unknown) {
  const parsed = parse(retention, value, ['retention']);
  return parsed.type === 'ok'
    ? parsed.value
    : parsed.faults.map(({ path, reason }) => `${formatKey(path)}: ${reason}`);
}

describe('retention', () => {
  it('keeps what is not set for as long as by default', () => {
    expect(read({ runs: { days: 1 } })).toEqual({
      deliveriesMs: 30 * DAY,
      runsMs: DAY,
      deploymentsMs: 365 * DAY,
    });
  });

  it('reads durations in all their forms', () => {
    expect(
      read({
        deliveries: 'P1W',
        runs: '12 weeks',
        deployments: { years: 100 },
      }),
    ).toEqual({
      deliveriesMs: 7 * DAY,
      runsMs: 84 * DAY,
      deploymentsMs: 36_500 * DAY,
    });
  });

  it.each([
    [
      { deliveries: { days: 6 } },
      'deliveries: {"days":6} is shorter than 7 days',
    ],
    [{ runs: '23 hours' }, 'runs: {"hours":23} is shorter than 1 day'],
    [{ deployments: 'PT1H' }, 'deployments: {"hours":1} is shorter than 1 day'],
    [
      { deployments: { years: 101 } },
      'deployments: {"years":101} is longer than 36525 days',
    ],
    [{ runs: 30 }, 'runs: 30 is not a duration'],
    [{ delivery: '30d' }, 'delivery: unknown key "delivery", did you mean'],
  ])('refuses %j', (value, fault) => {
    expect(read(value)).toEqual([
      expect.stringContaining(`retention.${fault}`),
    ]);
  });
});
