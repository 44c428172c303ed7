import { InputError } from '@backstage/errors';
import { isObject } from '../../lib/values';

/** A request has at most some 60 kB: the catalog takes 100 kB. */
const BATCH = 200;
const TIMEOUT_MS = 30_000;

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
  const missing = new Set<string>();
  for (let start = 0; start < refs.length; start += BATCH) {
    const batch = refs.slice(start, start + BATCH);
    const items = await query(url, batch, catalog);
    batch.filter((_, index) => !items[index]).forEach(ref => missing.add(ref));
  }
  return missing;
}

function toEndpoint(url: string): string {
  if (!/^https?:/i.test(url) || !URL.canParse(url)) {
    throw new InputError(
      `--catalog must be the URL of a Backstage backend, such as "https://backstage.example.com", not "${url}"`,
    );
  }
  const base = url.replace(/\/+$/, '').replace(/\/api\/catalog$/, '');
  return `${base}/api/catalog/entities/by-refs`;
}

async function query(
  url: string,
  entityRefs: string[],
  { token, signal }: Catalog,
): Promise<unknown[]> {
  const response = await fetch(url, {
    method: 'POST',
    headers: {
      'Content-Type': 'application/json',
      ...(token && { Authorization: `Bearer ${token}` }),
    },
    body: JSON.stringify({ entityRefs, fields: ['kind'] }),
    signal: AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]),
  }).catch(error => {
    throw new InputError(
      `The catalog cannot be reached at ${url}: ${
        error.cause?.message || error.message
      }`,
    );
  });
  const answer = await response.json().catch(() => undefined);
  const items = isObject(answer) ? answer.items : undefined;
  if (
    !response.ok ||
    !Array.isArray(items) ||
    items.length !== entityRefs.length
  ) {
    throw new InputError(`The catalog at ${url} ${describeAnswer(response)}`);
  }
  return items;
}

function describeAnswer({ status, ok }: Response): string {
  if (status === 401 || status === 403) {
    return `answered ${status}: give a token of it with --token, or in CATALOG_TOKEN`;
  }
  return ok
    ? 'gave no list of entities: check the URL, which is that of the backend'
    : `answered ${status}`;
}
