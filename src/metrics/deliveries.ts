import { meter } from './meter';

/** From a delivery that is processed at once to one that is given up after a day, in seconds. */
const AGE_BUCKETS = [
  0.01, 0.05, 0.1, 0.5, 1, 5, 15, 60, 300, 900, 3_600, 14_400, 86_400,
];

/** Up to the time after which a deployment is taken for lost, in seconds. */
const VISIBLE_BUCKETS = [1, 2, 5, 10, 20, 30, 60, 120, 300, 900];

const ENDS = ['done', 'unmatched', 'superseded', 'failed', 'dead'];

interface MeasuredSender {
  name: string;
  /** Environments, and targets as `<environment>.<target>`. */
  environments?: string[];
}

export type DeliveryTracker = ReturnType<typeof createDeliveryTracker>;

/** Measures what becomes of the deliveries of these senders. */
export function createDeliveryTracker(senders: MeasuredSender[]) {
  const environments = new Map(
    senders.map(({ name, environments: known }) => [name, new Set(known)]),
  );
  const settled = meter().createCounter('custom_data_deliveries_settled', {
    description: 'Attempts at deliveries, by the state that they ended in',
  });
  const age = meter().createHistogram('custom_data_deliveries_age_seconds', {
    unit: 's',
    description: 'Time from the receipt of a delivery to the end of an attempt',
    advice: { explicitBucketBoundaries: AGE_BUCKETS },
  });
  const visible = meter().createHistogram(
    'custom_data_deployment_visible_seconds',
    {
      unit: 's',
      description:
        'Time from the receipt of a deployment until the catalog shows it',
      advice: { explicitBucketBoundaries: VISIBLE_BUCKETS },
    },
  );
  const deployments = meter().createCounter('custom_data_deployments', {
    description: 'Deployments that were reported, by environment and status',
  });
  for (const { name: sender } of senders) {
    // An alert on an increase does not see a first value above zero.
    ENDS.forEach(state => settled.add(0, { sender, state }));
  }

  return {
    attempted(options: { sender: string; state: string; ageMs: number }) {
      const { sender, state, ageMs } = options;
      settled.add(1, { sender, state });
      age.record(Math.max(0, ageMs) / 1000, { sender, state });
    },

    deployed(options: {
      sender: string;
      environment: string;
      target?: string;
      status: string;
    }) {
      const { sender, environment, target, status } = options;
      const known = environments.get(sender);
      // What a sender may call anything is no label: labels are kept for good.
      const label = [environment, `${environment}.${target}`].find(name =>
        known?.has(name),
      );
      deployments.add(1, { sender, environment: label ?? 'other', status });
    },

    visible({ sender, ageMs }: { sender: string; ageMs: number }) {
      visible.record(Math.max(0, ageMs) / 1000, { sender });
    },
  };
}
