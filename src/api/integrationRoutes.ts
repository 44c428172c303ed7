/*
 * GET /integrations   what writes to the catalog, whose it is, with which key
 */
import type express from 'express';
import { pageOf } from '../lib/page';
import { readIntegrations } from '../upkeep/integrations/readIntegrations';
import { toMarkdown } from '../upkeep/integrations/toMarkdown';
import { assertMayRead } from './access';
import * as answers from './answers';
import type { ApiContext } from './createApiRouter';
import { addRoute } from './openApi';
import { readPageQuery, toListAnswer } from './requests';

const MARKDOWN = 'text/markdown';

export function addIntegrationRoutes(
  router: express.Router,
  context: ApiContext,
): void {
  addRoute(
    router,
    'GET /integrations',
    {
      summary:
        'The registry of integrations, with their credentials by id; all of it as Markdown for who accepts that',
      isPaged: true,
      answers: { 200: answers.listOf(answers.integration) },
    },
    async (req, res) => {
      await assertMayRead(context, req);
      const page = readPageQuery(req, ['text']);
      const all = await readIntegrations(context);
      if (req.accepts(['application/json', MARKDOWN]) === MARKDOWN) {
        res.type(MARKDOWN).send(toMarkdown(all, context.now()));
        return;
      }
      const keyOf = (each: { type: string; name: string }) =>
        `${each.type}/${each.name}`;
      const sorted = all.sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
      res.json(toListAnswer(pageOf(sorted, keyOf, page)));
    },
  );
}
