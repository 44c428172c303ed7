import { NotFoundError } from '@backstage/errors';
import type express from 'express';
import type { ApiContext } from './apiContext';
import { deliveryFilter } from './filters';
import { readFilter, readPage, toListAnswer } from './paging';
import {
  customDataDeliveryReadPermission,
  customDataDeliveryReplayPermission,
} from './permissions';

/** What senders posted, and what became of it. */
export function addDeliveryRoutes(
  router: express.Router,
  { access, deliveryLog, deliveryControl }: ApiContext,
): void {
  router.get('/deliveries', async (req, res) => {
    await access.assertMayRead(req, customDataDeliveryReadPermission);
    const filter = readFilter(req, deliveryFilter);
    const page = readPage(req, ['number']);
    res.json(toListAnswer(await deliveryLog.list(filter, page)));
  });

  router.get('/deliveries/:id', async (req, res) => {
    const { id } = req.params;
    const delivery = await access.read({
      req,
      permission: customDataDeliveryReadPermission,
      eventId: 'delivery-read',
      meta: { delivery: id },
      work: async () => {
        const found = await deliveryLog.find(deliveryId(id));
        if (!found) {
          throw unknownDelivery(id);
        }
        return found;
      },
    });
    res.json(delivery);
  });

  router.post('/deliveries/:id/redeliver', async (req, res) => {
    const { id } = req.params;
    await access.write({
      req,
      permission: customDataDeliveryReplayPermission,
      eventId: 'delivery-redeliver',
      meta: { delivery: id },
      work: async () => deliveryControl.redeliver(deliveryId(id)),
    });
    res.status(202).json({ id });
  });
}

/** No id that is given out is of another form, and not every one is fit for a database. */
function deliveryId(id: string): string {
  if (!/^[\w-]{1,64}$/.test(id)) {
    throw unknownDelivery(id);
  }
  return id;
}

function unknownDelivery(id: string): Error {
  return new NotFoundError(
    `There is no delivery "${id}"; settled ones are forgotten after "catalog.customData.retention.deliveries"`,
  );
}
