/** What the views say, in English; an app may replace each by its key. */
export const messages = {
  page: {
    title: 'Custom data',
    sources: 'Sources',
    deliveries: 'Deliveries',
    deployments: 'Deployments',
    integrations: 'Integrations',
  },
  shared: {
    loading: 'Loading…',
    reload: 'Try again',
    cancel: 'Cancel',
    never: 'never',
    none: 'none',
    back: 'Back to the list',
    hiddenPage:
      'Nothing on this page that you may see. The next page may have more.',
    ofTotal: '{{from}} to {{to}} of {{total}}',
    of: '{{from}} to {{to}}',
    stale: 'This could not be brought up to date. It shows what was read last.',
  },
  error: {
    forbidden: 'You may not see this',
    forbiddenDetail:
      'Ask for the permission that the backend names: {{message}}',
    unreachable: 'The backend does not answer',
    unreachableDetail:
      'Nothing is wrong with what it has. This page tries again by itself.',
    version: 'This page and the backend do not fit together',
    versionDetail:
      'The backend answers with version "{{backend}}" of the API, and this plugin reads version "{{plugin}}". Install the plugin and the module of one release.',
    missing: 'There is no such thing',
    failed: 'The backend reports an error',
  },
  sources: {
    empty: 'No source is configured.',
    name: 'Source',
    state: 'State',
    attention: 'Needs attention',
    lastSuccess: 'Last success',
    entities: 'Entities',
    problems: 'Problems',
  },
  deliveries: {
    empty: 'No delivery.',
    received: 'Received',
    sender: 'Sender',
    service: 'Service',
    version: 'Version',
    environment: 'Environment',
    state: 'State',
    attempts: 'Attempts',
  },
  deployments: {
    empty: 'No deployment.',
    service: 'Service',
    environment: 'Environment',
    version: 'Version',
    deployed: 'Deployed',
    sender: 'Sender',
  },
  integrations: {
    empty: 'Nothing writes to the catalog.',
    type: 'Type',
    name: 'Name',
    owner: 'Owner',
    state: 'State',
    findings: 'Findings',
  },
} as const;
