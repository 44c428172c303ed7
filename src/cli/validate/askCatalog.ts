import { InputError } from '@backstage/errors';
import { type Answer, readToken, send, webUrl } from '../backend/client';

/** A request has at most some 60 kB: the catalog takes 100 kB. */
const BATCH = 200;

export interface Catalog {
  url: string;
  token?: string;
  signal: AbortSignal;
}

/** Which of some refs a catalog does not have. */
export async function askCatalog(
  refs: string[],
  catalog: Catalog,
): Promise<Set<string>> {
  const url = toEndpoint(catalog.url);
  const token = readToken(catalog.token);
  const missing = new Set<string>();
  for (let start = 0; start < refs.length; start += BATCH) {
    const batch = refs.slice(start, start + BATCH);
    const items = await query(url, batch, { ...catalog, token });
    batch.filter((_, index) => !items[index]).forEach(ref => missing.add(ref));
  }
  return missing;
}

function toEndpoint(url: string): string {
  const base = webUrl(url, '--catalog')
    .replace(/\/+$/, '')
    .replace(/\/api\/catalog$/, '');
  return `${base}/api/catalog/entities/by-refs`;
}

async function query(
  url: string,
  entityRefs: string[],
  { token, signal }: Catalog,
): Promise<unknown[]> {
  const answer = await send(url, signal, {
    method: 'POST',
    headers: {
      'Content-Type': 'application/json',
      ...(token && { Authorization: `Bearer ${token}` }),
    },
    body: JSON.stringify({ entityRefs, fields: ['kind'] }),
  });
  const items = answer.body?.items;
  if (
    !answer.ok ||
    !Array.isArray(items) ||
    items.length !== entityRefs.length
  ) {
    throw new InputError(`The catalog at ${url} ${describeAnswer(answer)}`);
  }
  return items;
}

function describeAnswer({ status, ok }: Answer): string {
  if (status === 401 || status === 403) {
    return `answered ${status}: give a token of it with --token, or in CATALOG_TOKEN`;
  }
  return ok
    ? 'gave no list of entities: check the URL, which is that of the backend'
    : `answered ${status}`;
}
