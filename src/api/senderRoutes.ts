import type express from 'express';
import type { ApiContext } from './apiContext';
import { pageByName, readPage, toListAnswer } from './paging';
import { customDataSenderPausePermission } from './permissions';

/** Who may post webhooks, and whether they are listened to. */
export function addSenderRoutes(
  router: express.Router,
  { access, senderControl }: ApiContext,
): void {
  router.get('/senders', async (req, res) => {
    await access.assertMayRead(req);
    const page = readPage(req, ['text']);
    res.json(toListAnswer(pageByName(await senderControl.list(), page)));
  });

  for (const action of ['pause', 'resume'] as const) {
    router.post(`/senders/:sender/${action}`, async (req, res) => {
      const { sender } = req.params;
      await access.write({
        req,
        permission: customDataSenderPausePermission,
        eventId: `sender-${action}`,
        meta: { sender },
        work: by => senderControl[action](sender, by),
      });
      res.status(204).end();
    });
  }
}
