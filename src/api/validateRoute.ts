/*
 * POST /validate   checks the text of a file as `catalog-custom-data validate` does
 *
 * The text is only read: nothing of it runs, and nothing that it names is fetched.
 * It is checked in the process of the backend, which does nothing else meanwhile.
 * So it may have few parts, whatever its length: most of a long file is the
 * definition of an API, which is one part.
 */
import { catalogEntityValidatePermission } from '@backstage/plugin-catalog-common/alpha';
import type { CatalogService } from '@backstage/plugin-catalog-node';
import type express from 'express';
import { z } from 'zod';
import { catalogCheck } from '../config/catalogCheck';
import { readCatalogEntities } from '../database/catalogEntities';
import { FileChecker } from '../validation/files/FileChecker';
import { type Report, toJsonReport } from '../validation/files/finding';
import { kindsOf } from '../validation/files/kindSchemas';
import { assertMayRead } from './access';
import * as answers from './answers';
import { addRoute } from './openApi';
import { assertFewParts, readBytes } from './readBytes';
import { parseInput } from './requests';
import type { ModelContext } from './schemaRoutes';

const MAX_BYTES = 1_000_000;
const ADVICE =
  'check it with the command "catalog-custom-data validate", or divide it';
const MAX_FINDINGS = 1000;
/** Of a text of a finding: its line may be the whole file. */
const MAX_LENGTH = 1000;

/** What findings call the file. */
const FILE = 'catalog-info.yaml';

export interface ValidateContext extends ModelContext {
  catalog: Pick<CatalogService, 'getEntitiesByRefs'>;
}

export function addValidateRoute(
  router: express.Router,
  context: ValidateContext,
): void {
  addRoute(
    router,
    'POST /validate',
    {
      summary: 'Checks the text of a file of entities',
      body: z.string(),
      bodyTypes: ['text/yaml', 'application/json'],
      answers: { 200: answers.fileReport },
    },
    async (req, res) => {
      const credentials = await assertMayRead(
        context,
        req,
        catalogEntityValidatePermission,
      );
      parseInput(z.strictObject({}), req.query);
      const bytes = await readBytes(req, res, {
        max: MAX_BYTES,
        advice: ADVICE,
      });
      assertFewParts(bytes.toString(), ADVICE);
      const checker = new FileChecker({
        ...catalogCheck.parse({}),
        kinds: kindsOf(await context.readModel()),
        compiledSchemas: new Map(),
      });
      await checker.check(FILE, bytes);
      const refs = checker.unresolvedRefs();
      const known = await readCatalogEntities({
        ...context,
        entityRefs: [...refs],
        fields: ['kind'],
        credentials,
      });
      checker.finish({
        unresolved: new Set([...refs].filter(ref => !known.has(ref))),
        asked: 'what you may read of the catalog',
        hasTarget: () => true,
      });
      res.json(toAnswer(checker));
    },
  );
}

function toAnswer(report: Report) {
  const { findings, ...answer } = toJsonReport(report);
  return { ...answer, findings: findings.slice(0, MAX_FINDINGS).map(shorten) };
}

function shorten<T extends object>(finding: T): T {
  return Object.fromEntries(
    Object.entries(finding).map(([key, value]) => [
      key,
      typeof value === 'string' ? value.slice(0, MAX_LENGTH) : value,
    ]),
  ) as T;
}
