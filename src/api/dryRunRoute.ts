/*
 * POST /sources/:source/dry-run   what a run over the list would do now
 */
import { ServiceUnavailableError } from '@backstage/errors';
import express from 'express';
import { z } from 'zod';
import type { JsonValue } from '@backstage/types';
import {
  CANDIDATE_KEYS,
  candidateBody,
  hasCode,
  readCandidate,
} from '../config/candidate';
import { dryRunSource } from '../ingestion/control/dryRun';
import type { DryRun } from '../ingestion/dryRun/dryRun';
import { isObject } from '../lib/values';
import { assertMayRead, withAudit } from './access';
import * as answers from './answers';
import type { Asked } from './asked';
import type { ApiContext } from './createApiRouter';
import { addRoute } from './openApi';
import {
  customDataSourceDryRunCandidatePermission,
  customDataSourceDryRunPermission,
} from './permissions';
import { limitInput, parseInput } from './requests';
import { withoutHidden } from './visibleDryRun';

/** In one process. A candidate has a process of its own. */
const MAX_AT_ONCE = 2;

const RETRY_AFTER_SECONDS = '5';

const NDJSON = 'application/x-ndjson';

/** Larger than that of other routes: it may have an answer of an API. */
const readBody = express.json({ limit: '10mb', type: () => true });

const input = z.looseObject({ limit: limitInput });

const dryRunQuery = z.object({ limit: limitInput });

const dryRunBody = candidateBody.extend({
  data: z.unknown().optional(),
  limit: limitInput,
});

export function addDryRunRoute(
  router: express.Router,
  context: ApiContext,
): void {
  addRoute(
    router,
    'POST /sources/:source/dry-run',
    {
      summary: 'What a run over the list would do now',
      query: dryRunQuery,
      body: dryRunBody,
      answers: { 200: answers.dryRun },
      lines: answers.dryRunLine,
    },
    // Before a large body is read.
    async req => {
      await assertMayRead(context, req);
      return 'next';
    },
    readBody,
    async (req, res) => {
      const gone = new AbortController();
      res.once('close', () => gone.abort());
      const shown = await showDryRun(context, req, {
        signal: gone.signal,
        onBusy: () => res.set('Retry-After', RETRY_AFTER_SECONDS),
      });
      if (req.accepts(['application/json', NDJSON]) === NDJSON) {
        sendLines(res, shown);
      } else {
        res.json(shown);
      }
    },
  );
}

interface RunOptions {
  /** Aborted when nobody waits for it any more. */
  signal: AbortSignal;
  /** Called before it is refused because others are under way. */
  onBusy?: () => void;
}

export async function showDryRun(
  context: ApiContext,
  req: Asked,
  options: RunOptions,
): Promise<DryRun> {
  const credentials = await assertMayRead(context, req);
  const { source } = req.params;
  const body = isObject(req.body) ? req.body : {};
  const report = await withAudit(context, {
    req,
    permission: [
      customDataSourceDryRunPermission,
      ...(hasCode(body) ? [customDataSourceDryRunCandidatePermission] : []),
    ],
    eventId: 'source-dry-run',
    meta: {
      source,
      candidate: CANDIDATE_KEYS.filter(key => body[key] !== undefined),
      data: body.data !== undefined,
    },
    work: () => runLimited(context, req, options),
  });
  return withoutHidden(context, { source, report, credentials });
}

let running = 0;

/** Runs what is asked for, and no more than `MAX_AT_ONCE` of them. */
async function runLimited(
  context: ApiContext,
  req: Asked,
  { signal, onBusy }: RunOptions,
): Promise<DryRun> {
  const { limit, data, ...given } = parseInput(input, {
    limit: req.query.limit,
    ...(req.body as object | undefined),
  });
  const candidate = readCandidate(given);
  if (running >= MAX_AT_ONCE) {
    onBusy?.();
    throw new ServiceUnavailableError(
      `${MAX_AT_ONCE} dry runs are under way in this process, and no more are taken; try again in ${RETRY_AFTER_SECONDS} seconds`,
    );
  }
  running++;
  try {
    return await dryRunSource(context, {
      source: req.params.source,
      candidate,
      data: data as JsonValue | undefined,
      limit,
      signal,
    });
  } finally {
    running--;
  }
}

/** One line for the counts, and one for each item of a list. */
function sendLines(res: express.Response, { ...report }: DryRun): void {
  const lists = Object.entries(report).filter(
    ([, value]) => isObject(value) && 'items' in value,
  ) as Array<[string, { totalItems: number; items: object[] }]>;
  const { counts, incomplete, plan } = report;
  const totals = Object.fromEntries(
    lists.map(([list, { totalItems }]) => [list, totalItems]),
  );
  res.type(NDJSON);
  res.write(toLine({ counts, incomplete, plan, totals }));
  for (const [list, { items }] of lists) {
    items.forEach(item => res.write(toLine({ list, item })));
  }
  res.end();
}

function toLine(value: object): string {
  return `${JSON.stringify(value)}\n`;
}
