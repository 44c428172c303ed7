import type { BackstageCredentials } from '@backstage/backend-plugin-api';
import type express from 'express';
import type { z } from 'zod';
import type { DeploymentFilter } from '../deployments/deployment';
import type { PageRequest } from '../lib/page';
import type { ApiContext } from './apiContext';
import { deploymentQuery } from './filters';
import { readFilter, readPage, toListAnswer } from './paging';
import { presentEvent, presentHeads } from './presentDeployment';
import { readVisible } from './readVisible';

type DeploymentQuery = z.output<typeof deploymentQuery>;

interface Question {
  filter: DeploymentFilter;
  page: PageRequest;
  caller: BackstageCredentials;
}

/** What runs where, and what ran. */
export function addDeploymentRoutes(
  router: express.Router,
  context: ApiContext,
): void {
  router.get('/deployments', async (req, res) => {
    const caller = await context.access.assertMayRead(req);
    const asked = readFilter(req, deploymentQuery);
    const filter = toFilter(asked, context);
    if (asked.history) {
      const page = readPage(req, ['text', 'number']);
      res.json(await listHistory(context, { filter, page, caller }));
    } else {
      const page = readPage(req, ['text', 'text', 'text', 'text']);
      res.json(await listHeads(context, { filter, page, caller }));
    }
  });
}

function toFilter(
  { entity, service, history, ...others }: DeploymentQuery,
  { subjects }: ApiContext,
): DeploymentFilter {
  return {
    ...others,
    serviceKey: service?.toLowerCase(),
    subjects: entity === undefined ? undefined : subjects.subjectsOf(entity),
  };
}

async function listHistory(context: ApiContext, question: Question) {
  const { items, next } = await readVisible({
    ...context,
    ...question,
    read: page => context.deployments.history(question.filter, page),
  });
  return toListAnswer({ items: items.map(presentEvent), next });
}

async function listHeads(context: ApiContext, question: Question) {
  const filter = {
    ...question.filter,
    withoutRemoved: question.filter.status !== 'removed',
  };
  const { items, next } = await readVisible({
    ...context,
    ...question,
    read: page => context.deployments.listHeads(filter, page),
  });
  return toListAnswer({ items: await presentHeads(items, context), next });
}
