import { ResponseError } from '@backstage/errors';
import {
  createApiRef,
  type DiscoveryApi,
  type FetchApi,
} from '@backstage/frontend-plugin-api';
import createClient, { type Client } from 'openapi-fetch';
import type { paths } from './openapi';

/** The `info.version` of the OpenAPI document that the types are made of. */
export const API_VERSION = '1';

/** The backend speaks another version of the API than this plugin. */
export class ApiVersionError extends Error {
  readonly name = 'ApiVersionError';

  constructor(readonly backendVersion: string) {
    super(
      `The backend answers with version "${backendVersion}" of the API, and this plugin reads version "${API_VERSION}"`,
    );
  }
}

export interface CustomDataApi {
  /**
   * Calls the backend, and gives the body of its answer:
   * `api.call(client => client.GET('/sources', { params, signal }))`.
   *
   * Rejects with a `ResponseError` if the status is not 2xx, and with an
   * `ApiVersionError` if the backend speaks another version.
   */
  call<T>(
    request: (client: Client<paths>) => Promise<{ data?: T }>,
  ): Promise<NonNullable<T>>;
}

export const customDataApiRef = createApiRef<CustomDataApi>().with({
  id: 'plugin.catalog-custom-data.client',
  pluginId: 'catalog-custom-data',
});

export class CustomDataClient implements CustomDataApi {
  readonly #discoveryApi: DiscoveryApi;
  readonly #fetchApi: FetchApi;
  /** The version that was found; asked for once, and again if that failed. */
  #version: Promise<string | undefined> | undefined;

  constructor(options: { discoveryApi: DiscoveryApi; fetchApi: FetchApi }) {
    this.#discoveryApi = options.discoveryApi;
    this.#fetchApi = options.fetchApi;
  }

  async call<T>(
    request: (client: Client<paths>) => Promise<{ data?: T }>,
  ): Promise<NonNullable<T>> {
    const client = await this.#connect();
    this.#version ??= readVersion(client);
    const [answer, version] = await Promise.allSettled([
      request(client),
      this.#version,
    ]);
    const found = version.status === 'fulfilled' ? version.value : undefined;
    if (found === undefined) {
      this.#version = undefined;
    } else if (found !== API_VERSION) {
      throw new ApiVersionError(found);
    }
    if (answer.status === 'rejected') {
      throw answer.reason;
    }
    return answer.value.data as NonNullable<T>;
  }

  async #connect(): Promise<Client<paths>> {
    const catalogUrl = await this.#discoveryApi.getBaseUrl('catalog');
    const client = createClient<paths>({
      baseUrl: `${catalogUrl}/custom-data`,
      fetch: request => this.#fetch(request),
    });
    client.use({
      async onResponse({ response }) {
        if (!response.ok) {
          throw await ResponseError.fromResponse(response);
        }
      },
    });
    return client;
  }

  /** In parts: the app's own fetch reads a `Request` twice, which its body forbids. */
  async #fetch(request: Request): Promise<Response> {
    const { url, method, headers, signal } = request;
    const body = (await request.text()) || undefined;
    return this.#fetchApi.fetch(url, { method, headers, signal, body });
  }
}

/** The call that it goes along with says what is wrong, if it fails. */
async function readVersion(client: Client<paths>): Promise<string | undefined> {
  try {
    const { data } = await client.GET('/openapi.json');
    const { info } = data as { info?: { version?: string } };
    return info?.version;
  } catch {
    return undefined;
  }
}
