import express from 'express';
import { once } from 'node:events';
import { isObject } from '../../lib/values';
import {
  isManifest,
  type LocationManifest,
  readManifest,
  toManifest,
} from '../../locations/manifests/readManifest';

const readText = express.text({ limit: '1mb', type: () => true });

/**
 * The Location manifest in the body of a request, as YAML or JSON. For any other
 * body it gives undefined, and leaves the body to whoever comes next. Which it is
 * shows in the first bytes: none of the catalog's own bodies begins as a manifest.
 */
export async function readManifestBody(
  req: express.Request,
  res: express.Response,
): Promise<LocationManifest | undefined> {
  const beginning = (await peek(req)).toString();
  if (/^\s*\{/.test(beginning)) {
    const body = parseJson(beginning);
    const isOurs =
      isObject(body) && body.kind === 'Location' && body.target === undefined;
    return isOurs ? toManifest(body) : undefined;
  }
  if (!isManifest(beginning)) {
    return undefined;
  }
  await new Promise<void>((done, fail) => {
    readText(req, res, error => (error ? fail(error) : done()));
  });
  return readManifest(`${req.body}`);
}

/** The first bytes of a body, which stay to be read. */
async function peek(req: express.Request): Promise<Buffer> {
  let chunk: Buffer | null = req.read();
  while (!chunk && !req.readableEnded) {
    await Promise.race([once(req, 'readable'), once(req, 'end')]);
    chunk = req.read();
  }
  if (chunk) {
    req.unshift(chunk);
  }
  return chunk ?? Buffer.alloc(0);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
