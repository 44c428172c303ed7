import { aDeployment, type Given } from './__testUtils__/aDeployment';
import {
  addFigures,
  DeliveryCounter,
  noFigures,
  presentFigures,
} from './summary';

const DAY = 86_400_000;
const MINUTE = 60;

type Step = Omit<Given, 'arrival'>;

const failure = { event: 'deployment.failure' } as const;
const rollback = { event: 'deployment.rollback' } as const;

/** The figures of deployments at these minutes, over a day. */
function figuresOf(...steps: Step[]) {
  const counter = new DeliveryCounter();
  steps.forEach((step, i) =>
    counter.add(aDeployment({ arrival: i + 1, ...step })),
  );
  return presentFigures(counter.figures, DAY);
}

describe('DeliveryCounter', () => {
  it('counts what succeeded, by the day; what has only begun or was removed is no deployment', () => {
    expect(
      figuresOf(
        { time: 1, event: 'deployment.started' },
        { time: 2 },
        { time: 3 },
        { time: 4, event: 'deployment.removed' },
      ),
    ).toEqual({
      changes: 2,
      deployments: 2,
      failed: 0,
      deploymentsPerDay: 2,
      changeFailureRate: 0,
      medianTimeToRestoreSeconds: null,
      medianLeadTimeSeconds: null,
    });
  });

  it('takes a failure for over with the next success, and further failures until then for the same one', () => {
    expect(
      figuresOf(
        { time: 0 },
        { time: 10, ...failure },
        { time: 20, ...failure },
        { time: 40 },
      ),
    ).toMatchObject({
      changes: 4,
      failed: 2,
      changeFailureRate: 0.5,
      medianTimeToRestoreSeconds: 30 * MINUTE,
    });
  });

  it('takes a success that a rollback took back for a failure from its deployment on', () => {
    expect(
      figuresOf({ time: 0 }, { time: 10 }, { time: 25, ...rollback }),
    ).toMatchObject({
      changes: 2,
      deployments: 2,
      failed: 1,
      medianTimeToRestoreSeconds: 15 * MINUTE,
    });
  });

  it('counts a deployment once that succeeded, was then found to fail twice and was rolled back', () => {
    expect(
      figuresOf(
        { time: 0, version: 'v2' },
        { time: 10, version: 'v2', ...failure },
        { time: 12, version: 'v2', ...failure },
        { time: 15, version: 'v1', ...rollback },
        { time: 16, version: 'v1', ...rollback },
      ),
    ).toMatchObject({
      changes: 1,
      failed: 1,
      changeFailureRate: 1,
      medianTimeToRestoreSeconds: 5 * MINUTE,
    });
  });

  it('has the failure of one target ended by no success in another', () => {
    expect(
      figuresOf(
        { time: 0, target: 'eu', ...failure },
        { time: 10, target: 'us' },
      ),
    ).toMatchObject({ failed: 1, medianTimeToRestoreSeconds: null });
  });

  it('measures from the commit to its success, in the median; a commit that is later counts as none', () => {
    const commitTime = (time: string) => ({
      commitTime: `2026-11-22T${time}Z`,
    });
    expect(
      figuresOf(
        { time: 0, ...commitTime('11:00:00.000') },
        { time: 0, ...commitTime('11:50:00.000') },
        { time: 0, ...commitTime('11:30:00.000') },
        { time: 0, ...commitTime('12:01:00.000') },
        { time: 0 },
        { time: 5, ...failure, ...commitTime('01:00:00.000') },
      ),
    ).toMatchObject({ medianLeadTimeSeconds: 20 * MINUTE });
  });
});

describe('addFigures', () => {
  it('gives what counting all services gives, and no rate where there is nothing', () => {
    const sum = noFigures();
    expect(presentFigures(sum, DAY)).toMatchObject({
      deploymentsPerDay: 0,
      changeFailureRate: null,
    });
    for (const minutes of [10, 30]) {
      const counter = new DeliveryCounter();
      counter.add(aDeployment({ arrival: 1, time: 0, ...failure }));
      counter.add(aDeployment({ arrival: 2, time: minutes }));
      addFigures(sum, counter.figures);
    }
    expect(presentFigures(sum, 4 * DAY)).toEqual({
      changes: 4,
      deployments: 2,
      failed: 2,
      deploymentsPerDay: 0.5,
      changeFailureRate: 0.5,
      medianTimeToRestoreSeconds: 20 * MINUTE,
      medianLeadTimeSeconds: null,
    });
  });
});
