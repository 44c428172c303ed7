import type { DeploymentSubjects } from '../deployments/DeploymentSubjects';
import { unlessHung } from '../lib/deadline';
import type { Delivery, DeploymentTables } from './delivery';
import { entityRefsOf, type Evaluation, evaluateDeliveries } from './evaluate';

export interface JudgeServices {
  deployments: Pick<DeploymentTables, 'current'>;
  /** Of all senders, those at fault included. */
  subjects: DeploymentSubjects;
}

/** What recorded deliveries mean as things stand now. */
export async function judge({
  deliveries,
  deployments,
  subjects,
}: JudgeServices & { deliveries: Delivery[] }): Promise<Evaluation[]> {
  const refs = entityRefsOf(deliveries, subjects);
  const current = refs.length > 0 ? await deployments.current(refs) : new Map();
  return evaluateDeliveries({ deliveries, current, subjects });
}

/** Judges a delivery once more. */
export type SecondLook = (delivery: Delivery) => Promise<Evaluation>;

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
  resolve: (verdict: Evaluation) => void;
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
