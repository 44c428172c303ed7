/*
 * GET  /senders                     who may post webhooks
 * GET  /senders/:sender             one of them
 * POST /senders/:sender/pause, /senders/:sender/resume
 */
import type express from 'express';
import { pageOf } from '../lib/page';
import { assertMayRead, withAudit } from './access';
import * as answers from './answers';
import type { Asked } from './asked';
import type { ApiContext } from './createApiRouter';
import { addRoute } from './openApi';
import { customDataSenderPausePermission } from './permissions';
import { readPageQuery, toListAnswer } from './requests';

export function addSenderRoutes(
  router: express.Router,
  context: ApiContext,
): void {
  const { senderControl } = context;

  addRoute(
    router,
    'GET /senders',
    {
      summary: 'Who may post webhooks',
      isPaged: true,
      answers: { 200: answers.listOf(answers.sender) },
    },
    async (req, res) => {
      res.json(await listSenders(context, req));
    },
  );

  addRoute(
    router,
    'GET /senders/:sender',
    {
      summary: 'A sender and its secrets, without their values',
      answers: { 200: answers.sender },
    },
    async (req, res) => {
      await assertMayRead(context, req);
      res.json(await senderControl.find(req.params.sender));
    },
  );

  for (const action of ['pause', 'resume'] as const) {
    addRoute(
      router,
      `POST /senders/:sender/${action}`,
      {
        summary: `${action === 'pause' ? 'Pauses' : 'Resumes'} a sender`,
        answers: { 204: undefined },
      },
      async (req, res) => {
        const { sender } = req.params;
        await withAudit(context, {
          req,
          permission: customDataSenderPausePermission,
          eventId: `sender-${action}`,
          meta: { sender },
          work: by => senderControl[action](sender, by),
        });
        res.status(204).end();
      },
    );
  }
}

export async function listSenders(context: ApiContext, req: Asked) {
  await assertMayRead(context, req);
  const page = readPageQuery(req, ['text']);
  const senders = await context.senderControl.list();
  return toListAnswer(pageOf(senders, ({ name }) => name, page));
}
