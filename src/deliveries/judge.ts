import type {
  DeploymentStore,
  DeploymentSubjects,
} from '../deployments/deployment';
import { serviceKeysIn } from '../deployments/indexHeads';
import {
  type DeliveryVerdict,
  judgeDeliveries,
} from '../deployments/judgeDeliveries';
import { unlessHung } from '../lib/deadline';
import type { Delivery } from './delivery';

export interface JudgeServices {
  deployments: Pick<DeploymentStore, 'heads'>;
  /** Of all senders, those at fault included. */
  subjects: DeploymentSubjects;
}

/** What recorded deliveries mean as things stand now. */
export async function judge({
  deliveries,
  deployments,
  subjects,
}: JudgeServices & { deliveries: Delivery[] }): Promise<DeliveryVerdict[]> {
  const refs = new Set<string>();
  for (const { sender, event } of deliveries) {
    const ref = subjects.entityRefOf(sender, event.service);
    if (ref !== undefined) {
      refs.add(ref);
    }
  }
  const keys = serviceKeysIn([...refs].map(ref => subjects.subjectsOf(ref)));
  const heads = keys.length > 0 ? await deployments.heads(keys) : [];
  return judgeDeliveries({ deliveries, heads, subjects });
}

/** Judges a delivery once more. */
export type SecondLook = (delivery: Delivery) => Promise<DeliveryVerdict>;

/** All that ask at once, or while others are judged, are judged together. */
export function createSecondLook(services: JudgeServices): SecondLook {
  let asked: Asked[] = [];
  let running = false;

  async function run(): Promise<void> {
    running = true;
    await new Promise(resolve => setImmediate(resolve));
    while (asked.length > 0) {
      const batch = asked;
      asked = [];
      await answer(services, batch);
    }
    running = false;
  }

  return delivery =>
    new Promise((resolve, reject) => {
      asked.push({ delivery, resolve, reject });
      if (!running) {
        void run();
      }
    });
}

interface Asked {
  delivery: Delivery;
  resolve: (verdict: DeliveryVerdict) => void;
  reject: (error: unknown) => void;
}

async function answer(services: JudgeServices, asked: Asked[]): Promise<void> {
  try {
    const deliveries = asked.map(({ delivery }) => delivery);
    const verdicts = await unlessHung(() => judge({ ...services, deliveries }));
    asked.forEach(({ resolve }, i) => resolve(verdicts[i]));
  } catch (error) {
    asked.forEach(({ reject }) => reject(error));
  }
}
