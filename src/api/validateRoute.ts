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
import express from 'express';
import { Lexer } from 'yaml';
import { z } from 'zod';
import { catalogCheck } from '../config/catalogCheck';
import { readCatalogEntities } from '../database/catalogEntities';
import { FileChecker } from '../validation/files/FileChecker';
import { type Report, toJsonReport } from '../validation/files/finding';
import { kindsOf } from '../validation/files/kindSchemas';
import { assertMayRead } from './access';
import * as answers from './answers';
import { addRoute } from './openApi';
import { parseInput } from './requests';
import type { ModelContext } from './schemaRoutes';

const MAX_BYTES = 1_000_000;
/** Keys, values, marks and line breaks, some 60 for a small entity. They take a second at most. */
const MAX_PARTS = 20_000;
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
      const bytes = await readFile(req, res);
      assertFewParts(bytes.toString());
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

const readRaw = express.raw({ limit: MAX_BYTES, type: () => true });

async function readFile(
  req: express.Request,
  res: express.Response,
): Promise<Buffer> {
  await new Promise<void>((done, fail) => {
    readRaw(req, res, error => (error ? fail(describe(error)) : done()));
  });
  if (!Buffer.isBuffer(req.body)) {
    throw new Error(
      'The body of the request was parsed before its text could be read: another module mounts a body parser on the router of the catalog; mount it on its own routes instead',
    );
  }
  return req.body;
}

/** The library's own words name neither the limit nor what to do. */
function describe(error: any): Error {
  return error.status === 413
    ? tooLarge(`The body has more than ${MAX_BYTES} bytes`)
    : error;
}

function assertFewParts(text: string): void {
  let parts = 0;
  for (const _ of new Lexer().lex(text)) {
    parts += 1;
    if (parts > MAX_PARTS) {
      throw tooLarge(
        `The file has more than ${MAX_PARTS} keys, values, marks and line breaks`,
      );
    }
  }
}

function tooLarge(what: string): Error {
  return refusal(
    413,
    'PayloadTooLargeError',
    `${what}; check it with the command "catalog-custom-data validate", or divide it`,
  );
}

/** `@backstage/errors` has none of this status. */
function refusal(statusCode: number, name: string, message: string): Error {
  return Object.assign(new Error(message), { name, statusCode });
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
