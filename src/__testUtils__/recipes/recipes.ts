import {
  type Api,
  backstage,
  gitHub,
  gitLab,
  graphQl,
  nestedTeams,
  oauth2,
  pagerDuty,
  serviceNow,
  spreadsheet,
} from './apis';

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

/** The recipes that need nothing but their block. */
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
