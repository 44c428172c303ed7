import {
  createMetadataApi,
  type MetadataApiOptions,
} from './createMetadataApi';

const TOKEN = 'token-of-the-test';
const RECORDS = [
  { serviceId: 'payments-api', team: 'payments' },
  { serviceId: 'shop-web', team: 'storefront' },
];

/** A listening API with two services, and a fetch that carries its token. */
export async function startTestApi(options: Partial<MetadataApiOptions> = {}) {
  const api = createMetadataApi({ records: RECORDS, token: TOKEN, ...options });
  const { url, close } = await api.listen(0);

  const request = (path: string, init: RequestInit = {}) =>
    fetch(`${url}${path}`, {
      ...init,
      headers: { Authorization: `Bearer ${TOKEN}`, ...init.headers },
    });
  return {
    ...api,
    url,
    close,
    request,
    // Left to itself, fetch adds `Cache-Control: no-cache` to a conditional
    // request, and for that Express sends everything again.
    requestIfChanged: (path: string, etag: string) =>
      request(path, {
        headers: { 'If-None-Match': etag, 'Cache-Control': 'max-age=0' },
      }),
    send: (method: string, path: string, body: unknown) =>
      request(path, {
        method,
        headers: { 'Content-Type': 'application/json' },
        body: JSON.stringify(body),
      }),
  };
}

export type TestApi = Awaited<ReturnType<typeof startTestApi>>;
