import type express from 'express';
import type { KnownSource } from '../ingestion/control/createSourceControl';
import type { ApiContext } from './apiContext';
import { pageByName, readPage, toListAnswer } from './paging';
import { presentSource } from './presentSource';
import { visibleProblems } from './visibleProblems';

/** How sources are doing. */
export function addReadRoutes(
  router: express.Router,
  { access, control, manage, ownersOf, visibleRefs, now }: ApiContext,
): void {
  /** No run made it: the plan is to remove all that there is. */
  const pendingPlanOf = async (source: string) => {
    const { plan } = await control.plan(source, { limit: 1 });
    return plan?.state === 'pending'
      ? { hash: plan.hash, count: plan.count }
      : undefined;
  };
  const present = async (source: KnownSource) => {
    const report = await manage.report(source.name);
    const isPolled =
      source.type === 'configured'
        ? source.poll
        : source.type !== 'unconfigured';
    const pendingPlan = isPolled
      ? report.pendingPlan
      : await pendingPlanOf(source.name);
    return presentSource({
      source,
      report: { ...report, pendingPlan },
      now: now(),
    });
  };

  router.get('/sources', async (req, res) => {
    await access.assertMayRead(req);
    const page = pageByName(await control.list(), readPage(req, ['text']));
    const items: Array<Awaited<ReturnType<typeof present>>> = [];
    for (const source of page.items) {
      items.push(await present(source));
    }
    res.json(toListAnswer({ ...page, items }));
  });

  router.get('/sources/:source', async (req, res) => {
    await access.assertMayRead(req);
    res.json(await present(await control.find(req.params.source)));
  });

  router.get('/sources/:source/runs', async (req, res) => {
    await access.assertMayRead(req);
    const page = readPage(req, ['text', 'text']);
    const { name } = await control.find(req.params.source);
    res.json(toListAnswer(await manage.listRuns(name, page)));
  });

  router.get('/sources/:source/problems', async (req, res) => {
    const caller = await access.assertMayRead(req);
    const page = readPage(req, ['text', 'text']);
    const { name } = await control.find(req.params.source);
    const found = await manage.listProblems(name, page);
    const items = await visibleProblems({
      source: name,
      problems: found.items,
      caller,
      manage,
      visibleRefs,
    });
    res.json(toListAnswer({ ...found, items }));
  });

  router.get('/sources/:source/plan', async (req, res) => {
    const caller = await access.assertMayRead(req);
    const { plan, refs } = await control.plan(
      req.params.source,
      readPage(req, ['text']),
    );
    const visible = await visibleRefs(
      refs.items.map(({ entityRef }) => entityRef),
      caller,
    );
    const owners = await ownersOf([...visible], caller);
    const items = refs.items
      .filter(({ entityRef }) => visible.has(entityRef))
      .map(ref => ({ ...ref, owner: owners.get(ref.entityRef) }));
    res.json({ plan: plan ?? null, ...toListAnswer({ ...refs, items }) });
  });
}
