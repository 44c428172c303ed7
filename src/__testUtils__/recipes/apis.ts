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
type Api = (asked: Asked, documented: any) => Answer;

interface Recipe {
  heading: string;
  /** Without its extension. */
  file: string;
  api: Api;
  /** The requests that the block leads to. */
  requests: string[];
  /** What each request for a page carries. */
  headers: Record<string, string>;
}

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
function link({ url }: Asked, parameters: Record<string, string>): string {
  const next = new URL(url);
  for (const [name, value] of Object.entries(parameters)) {
    next.searchParams.set(name, value);
  }
  return `<${next}>; rel="next"`;
}

/** Of the Table API: https://www.servicenow.com/docs/r/api-reference/rest-apis/c_TableAPI.html */
const serviceNow: Api = (asked, { result: [record] }) => {
  const records = twoOf(record, {
    sys_id: '27d32778c0a8000b00db970eeaa60f17',
    name: 'Fraud Check',
    short_description: '',
    'support_group.name': '',
  });
  const offset = number(asked, 'sysparm_offset');
  return {
    body: { result: pageAt(records, offset) },
    headers: {
      'X-Total-Count': String(records.length),
      Link: link(asked, { sysparm_offset: String(offset + 1) }).replace(
        '; ',
        ';',
      ),
    },
  };
};

/** Of the REST API v2: https://github.com/PagerDuty/api-schema */
const pagerDuty: Api = (asked, documented) => {
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
const nestedTeams: Api = (asked, [team]) => {
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
const graphQl: Api = ({ body }, { data }) => {
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
const spreadsheet: Api = (_, documented) => ({
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
const oauth2: Api = (asked, { value, ...documented }) => {
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
const gitHub: Api = (asked, [repository]) => {
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
const gitLab: Api = (asked, [project]) => {
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
const backstage: Api = (asked, documented) => {
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

export const RECIPES: Recipe[] = [
  {
    heading: 'ServiceNow CMDB',
    file: 'servicenow',
    api: serviceNow,
    headers: {
      authorization: `Basic ${btoa('backstage:SERVICENOW_PASSWORD')}`,
    },
    requests: [0, 1, 2].map(
      offset =>
        'GET /api/now/table/cmdb_ci_service?sysparm_query=operational_status%3D1%5EORDERBYsys_id' +
        '&sysparm_fields=sys_id%2Cname%2Cshort_description%2Csupport_group.name' +
        `&sysparm_limit=1000&sysparm_offset=${offset}`,
    ),
  },
  {
    heading: 'PagerDuty services',
    file: 'pagerduty',
    api: pagerDuty,
    headers: { authorization: 'Token token=PAGERDUTY_TOKEN' },
    requests: [0, 1, 2].map(
      offset => `GET /services?sort_by=name&limit=100&offset=${offset}`,
    ),
  },
  {
    heading: 'Services inside teams',
    file: 'nested-teams',
    api: nestedTeams,
    headers: { authorization: 'Bearer DIRECTORY_TOKEN' },
    requests: [
      'GET /api/teams?per_page=50',
      'GET /api/teams?per_page=50&page=2',
    ],
  },
  {
    heading: 'GraphQL',
    file: 'graphql',
    api: graphQl,
    headers: {
      authorization: 'Bearer GRAPH_TOKEN',
      'content-type': 'application/json',
    },
    requests: ['POST /graphql', 'POST /graphql'],
  },
  {
    heading: 'A spreadsheet',
    file: 'spreadsheet',
    api: spreadsheet,
    headers: {},
    requests: [
      'GET /v4/spreadsheets/1aBcDeFgHiJkLmNoPqRsTuVwXyZ/values/Services?key=GOOGLE_API_KEY',
    ],
  },
  {
    heading: 'OAuth 2 with the secret in the body',
    file: 'oauth2',
    api: oauth2,
    headers: { authorization: 'Bearer a-token' },
    requests: [
      'POST /ENTRA_TENANT_ID/oauth2/v2.0/token grant_type=client_credentials' +
        '&client_id=ENTRA_CLIENT_ID&client_secret=ENTRA_CLIENT_SECRET' +
        '&scope=https%3A%2F%2Fgraph.microsoft.com%2F.default',
      'GET /v1.0/applications?%24select=appId%2CdisplayName%2Cdescription%2Ctags&%24top=999',
      'GET /v1.0/applications?%24select=appId%2CdisplayName%2Cdescription%2Ctags&%24top=999&%24skiptoken=x',
    ],
  },
  {
    heading: "GitHub's repositories",
    file: 'github',
    api: gitHub,
    headers: {
      authorization: 'Bearer GITHUB_TOKEN',
      accept: 'application/vnd.github+json',
      'x-github-api-version': '2022-11-28',
    },
    requests: [
      'GET /orgs/acme/repos?type=sources&per_page=100',
      'GET /organizations/1/repos?per_page=100&page=2&type=sources',
    ],
  },
  {
    heading: "GitLab's projects",
    file: 'gitlab',
    api: gitLab,
    headers: { 'private-token': 'GITLAB_TOKEN' },
    requests: ['', '&id_after=4', '&id_after=5'].map(
      after =>
        'GET /api/v4/projects?membership=true&archived=false&pagination=keyset' +
        `&order_by=id&per_page=100${after}`,
    ),
  },
  {
    heading: 'Ready entities',
    file: 'backstage',
    api: backstage,
    headers: { authorization: 'Bearer PARTNER_TOKEN' },
    requests: ['', '&cursor=eyJvcmRlckZpZWxkcyI6W119'].map(
      cursor =>
        'GET /api/catalog/entities/by-query?filter=kind%3Dcomponent&filter=kind%3Dapi' +
        `&limit=500${cursor}`,
    ),
  },
];

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
