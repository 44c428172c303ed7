import type { DeploymentSubjects } from '../deployments/DeploymentSubjects';
import type { UnshownDeployments } from '../deployments/UnshownDeployments';
import type { DeliveryTracker } from '../metrics/deliveries';
import type { Delivery } from './delivery';

/** How many deliveries are watched at once. Each look asks the catalog for their entities, and a sample does. */
const MAX_WATCHED = 100;

/** After this time a delivery counts as one that the catalog did not show, if it has the entity. */
const GIVE_UP_MS = 15 * 60 * 1000;

interface Watched {
  sender: string;
  entityRef: string;
  since: Date;
}

/**
 * Measures how long it takes from the receipt of a delivery until the catalog
 * shows its deployment, on the replica that recorded it. To the second, since
 * it looks once a second.
 */
export class VisibilityWatch {
  private watched: Watched[] = [];

  constructor(
    private readonly options: {
      subjects: DeploymentSubjects;
      unshown: Pick<UnshownDeployments, 'compareEntities'>;
      tracker: Pick<DeliveryTracker, 'visible'>;
      now: () => Date;
    },
  ) {}

  watch({ sender, event, queuedAt }: Delivery): void {
    const { subjects } = this.options;
    const entityRef = subjects.entityRefOf(sender, event.service);
    if (entityRef !== undefined && this.watched.length < MAX_WATCHED) {
      this.watched.push({ sender, entityRef, since: queuedAt });
    }
  }

  async look(): Promise<void> {
    const { unshown, tracker, now } = this.options;
    const looked = this.watched;
    if (looked.length === 0) {
      return;
    }
    const refs = new Set(looked.map(({ entityRef }) => entityRef));
    const { shown, unshown: others } = await unshown.compareEntities([...refs]);
    // Nothing can be shown of an entity that the catalog lacks.
    const known = new Set([...shown, ...others]);
    const time = now().getTime();
    const ended = new Set(
      looked.filter(
        ({ entityRef, since }) =>
          shown.includes(entityRef) || time - since.getTime() >= GIVE_UP_MS,
      ),
    );
    for (const { sender, entityRef, since } of ended) {
      if (known.has(entityRef)) {
        tracker.visible({ sender, ageMs: time - since.getTime() });
      }
    }
    this.watched = this.watched.filter(each => !ended.has(each));
  }
}
