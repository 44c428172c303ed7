/*
 * GET  /senders                     who may post webhooks
 * GET  /senders/:sender             one of them
 * POST /senders/:sender/pause, /senders/:sender/resume
 */
import type express from 'express';
import { pageOf } from '../lib/page';
import { assertMayRead, withAudit } from './access';
import type { ApiContext } from './createApiRouter';
import { customDataSenderPausePermission } from './permissions';
import { readPageQuery, toListAnswer } from './requests';

export function addSenderRoutes(
  router: express.Router,
  context: ApiContext,
): void {
  const { senderControl } = context;

  router.get('/senders', async (req, res) => {
    await assertMayRead(context, req);
    const page = readPageQuery(req, ['text']);
    const senders = await senderControl.list();
    res.json(toListAnswer(pageOf(senders, ({ name }) => name, page)));
  });

  router.get('/senders/:sender', async (req, res) => {
    await assertMayRead(context, req);
    res.json(await senderControl.find(req.params.sender));
  });

  for (const action of ['pause', 'resume'] as const) {
    router.post(`/senders/:sender/${action}`, async (req, res) => {
      const { sender } = req.params;
      await withAudit(context, {
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
