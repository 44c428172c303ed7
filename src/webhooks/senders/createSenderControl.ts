import { ConflictError, NotFoundError } from '@backstage/errors';
import type {
  MisconfiguredSender,
  SenderSettings,
} from '../../config/settings';
import type { SenderControl, SenderStore } from '../sender';
import type { PauseWatch } from './createPauseWatch';
import { reportMisconfigured, reportSender } from './reportSender';

export interface SenderControlOptions {
  store: Pick<SenderStore, 'paused' | 'setPaused' | 'lastUses'>;
  senders: SenderSettings[];
  misconfigured: MisconfiguredSender[];
  /** Of this process; it hears at once of what is decided here. */
  watch: Pick<PauseWatch, 'refresh'>;
  now: () => Date;
}

/** What people see of senders, and do with them. */
export function createSenderControl(
  options: SenderControlOptions,
): SenderControl {
  const { store, watch, now } = options;
  return {
    list: () => listSenders(options),
    pause: async (sender, by) => {
      assertPausable(options, sender);
      await store.setPaused(sender, { by, at: now() });
      await watch.refresh();
    },
    resume: async sender => {
      assertPausable(options, sender);
      await store.setPaused(sender, undefined);
      await watch.refresh();
    },
  };
}

async function listSenders({
  store,
  senders,
  misconfigured,
  now,
}: SenderControlOptions) {
  const paused = await store.paused();
  const uses = await store.lastUses();
  const reports = [
    ...senders.map(sender =>
      reportSender({
        sender,
        paused: paused.get(sender.name),
        uses: uses.filter(use => use.sender === sender.name),
        now: now(),
      }),
    ),
    ...misconfigured.map(reportMisconfigured),
  ];
  return reports.sort((a, b) => (a.name < b.name ? -1 : 1));
}

function assertPausable(
  { senders, misconfigured }: SenderControlOptions,
  name: string,
): void {
  if (misconfigured.some(sender => sender.name === name)) {
    throw new ConflictError(
      `Sender "${name}" does nothing as it is: it is misconfigured`,
    );
  }
  const sender = senders.find(each => each.name === name);
  if (!sender) {
    throw new NotFoundError(
      `There is no sender "${name}" under "catalog.customData.webhooks"`,
    );
  }
  if (sender.paused) {
    throw new ConflictError(
      `Sender "${name}" is paused by its key "paused" in the configuration`,
    );
  }
}
