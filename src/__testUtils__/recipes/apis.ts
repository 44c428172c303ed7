import type { JsonObject, JsonValue } from '@backstage/types';
import type { RequestListener } from 'node:http';
import { readText, sendJson } from '../../sources/__testUtils__/startSource';

/** What an API was asked. */
export interface Asked {
  url: URL;
  body: string;
}

interface Answer {
  body: JsonValue;
  headers?: Record<string, string>;
}

/**
 * How an API answers, by the documented answer. It has one record, and the list
 * goes on after it.
 */
export type Api = (asked: Asked, documented: any) => Answer;

const number = ({ url }: Asked, name: string) =>
  Number(url.searchParams.get(name));

/** One record for each page, which is fewer than the source asks for. */
const pageAt = (records: JsonValue[], index: number) =>
  records.slice(index, index + 1);

/** The documented record, and another one. */
const twoOf = (record: JsonObject, other: JsonObject) => [
  record,
  { ...record, ...other },
];

/** A `Link` header to the same list with these parameters. */
function link(
  { url }: Asked,
  parameters: Record<string, string>,
  rel = 'next',
): string {
  const next = new URL(url);
  for (const [name, value] of Object.entries(parameters)) {
    next.searchParams.set(name, value);
  }
  return `<${next}>; rel="${rel}"`;
}

/** Of the Table API: https://www.servicenow.com/docs/r/api-reference/rest-apis/c_TableAPI.html */
export const serviceNow: Api = (asked, { result: [record] }) => {
  const records = twoOf(record, {
    sys_id: '27d32778c0a8000b00db970eeaa60f17',
    name: 'Fraud Check',
    short_description: '',
    'support_group.name': '',
  });
  const offset = number(asked, 'sysparm_offset');
  const links = [
    ['first', 0],
    ['next', offset + 1],
    ['last', records.length - 1],
  ] as const;
  return {
    body: { result: pageAt(records, offset) },
    headers: {
      'X-Total-Count': String(records.length),
      Link: links
        .filter(([, start]) => start < records.length)
        .map(([rel, start]) =>
          link(asked, { sysparm_offset: String(start) }, rel),
        )
        .join(',')
        .replaceAll('; rel', ';rel'),
    },
  };
};

/** Of the REST API v2: https://github.com/PagerDuty/api-schema */
export const pagerDuty: Api = (asked, documented) => {
  const records = twoOf(documented.services[0], {
    id: 'PIJ90N8',
    name: 'Fraud Check',
    description: null,
    teams: [],
  });
  const offset = number(asked, 'offset');
  return {
    body: {
      ...documented,
      services: pageAt(records, offset),
      offset,
      more: offset + 1 < records.length,
    },
  };
};

/** Pages by number, with links as RFC 8288 has them. */
export const nestedTeams: Api = (asked, [team]) => {
  const teams = twoOf(team, {
    slug: 'fraud',
    services: [{ key: 'check', type: 'job' }],
  });
  const page = number(asked, 'page') || 1;
  return {
    body: pageAt(teams, page - 1),
    ...(page < teams.length && {
      headers: { Link: link(asked, { page: String(page + 1) }) },
    }),
  };
};

/** Connections: https://relay.dev/graphql/connections.htm */
export const graphQl: Api = ({ body }, { data }) => {
  const { nodes, pageInfo } = data.services;
  const [first, second] = twoOf(nodes[0], {
    id: 'U2VydmljZToy',
    name: 'fraud-check',
  });
  const isFirst = JSON.parse(body).variables.after === undefined;
  return {
    body: {
      data: {
        services: isFirst
          ? { nodes: [first], pageInfo }
          : {
              nodes: [second],
              pageInfo: { hasNextPage: false, endCursor: 'Y3Vyc29yOjI=' },
            },
      },
    },
  };
};

/** A ValueRange: https://developers.google.com/sheets/api/reference/rest/v4/spreadsheets.values */
export const spreadsheet: Api = (_, documented) => ({
  body: {
    ...documented,
    values: [
      ...documented.values,
      [],
      ['Fraud Check', 'Fraud', 'Beta', '', ''],
    ],
  },
});

/** A token (RFC 6749, section 5.1), and a collection: https://learn.microsoft.com/graph/api/application-list */
export const oauth2: Api = (asked, { value, ...documented }) => {
  if (asked.url.pathname.endsWith('/token')) {
    return {
      body: { token_type: 'Bearer', expires_in: 3599, access_token: 'a-token' },
    };
  }
  const [first, second] = twoOf(value[0], {
    appId: 'b',
    displayName: 'Fraud Portal',
  });
  const next = new URL(asked.url);
  next.searchParams.set('$skiptoken', 'x');
  return {
    body: asked.url.searchParams.has('$skiptoken')
      ? { ...documented, value: [second] }
      : { ...documented, '@odata.nextLink': next.href, value: [first] },
  };
};

/** https://docs.github.com/rest/repos/repos#list-organization-repositories */
export const gitHub: Api = (asked, [repository]) => {
  const records = twoOf(repository, {
    id: 1296270,
    name: 'fraud-check',
    full_name: 'acme/fraud-check',
    description: null,
    language: null,
    topics: [],
  });
  const page = number(asked, 'page') || 1;
  // The links name the organization by its number.
  const url = new URL('/organizations/1/repos?per_page=100', asked.url);
  return {
    body: pageAt(records, page - 1),
    headers:
      page === 1
        ? {
            link: `${link(
              { ...asked, url },
              { page: '2' },
            )}, <${url}&page=2>; rel="last"`,
          }
        : { link: `<${url}&page=1>; rel="prev", <${url}&page=1>; rel="first"` },
  };
};

/** https://docs.gitlab.com/api/rest/#keyset-based-pagination */
export const gitLab: Api = (asked, [project]) => {
  const records = twoOf(project, {
    id: 5,
    description: '',
    name_with_namespace: 'Payments / Fraud Check',
    path_with_namespace: 'payments/fraud-check',
    topics: [],
  });
  const after = number(asked, 'id_after');
  const body = pageAt(records, after ? after - 3 : 0) as { id: number }[];
  return {
    body,
    ...(body.length > 0 && {
      headers: { link: link(asked, { id_after: String(body[0].id) }) },
    }),
  };
};

/** `QueryEntitiesResponse` of the catalog's API. */
export const backstage: Api = (asked, documented) => {
  const [item] = documented.items;
  const other = {
    ...item,
    kind: 'API',
    metadata: { namespace: 'default', name: 'payments', uid: 'u', etag: 'e' },
    spec: {
      type: 'openapi',
      lifecycle: 'production',
      owner: 'payments',
      definition: 'a',
    },
  };
  return {
    body: asked.url.searchParams.has('cursor')
      ? { items: [other], totalItems: 2, pageInfo: { prevCursor: 'x' } }
      : documented,
  };
};

/** A server for an API, and what it was asked, with the bodies of requests for tokens. */
export function answering(api: Api, documented: JsonValue) {
  const asked: Asked[] = [];
  const listener: RequestListener = async (request, response) => {
    const url = new URL(request.url!, `http://${request.headers.host}`);
    const one = { url, body: await readText(request) };
    asked.push(one);
    const { body, headers } = api(one, documented);
    sendJson(response, body, headers);
  };
  return { asked, listener };
}
