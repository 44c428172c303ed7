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
    back: 'Back to the list',
    hiddenPage:
      'Nothing on this page that you may see. The next page may have more.',
    ofTotal: '{{from}} to {{to}} of {{total}}',
    of: '{{from}} to {{to}}',
    entity: 'Entity',
    owner: 'Owner',
    action: 'Change',
    fields: 'Fields',
    actions: {
      add: 'added',
      change: 'changed',
      remove: 'removed',
      keep: 'stays as it is',
    },
    stale: 'This could not be brought up to date. It shows what was read last.',
  },
  error: {
    forbidden: 'You may not see this',
    forbiddenDetail:
      'Ask for the permission that the backend names: {{message}}',
    unreachable: 'The backend does not answer',
    unreachableDetail:
      'What it has stays as it is. Lists try again by themselves. ({{message}})',
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
    problemCounts: '{{errors}} errors, {{warnings}} warnings',
    failures: '{{failures}} failures in a row; asked again',
    states: {
      idle: 'idle',
      running: 'running',
      'backing-off': 'backing off',
      paused: 'paused',
      misconfigured: 'misconfigured',
      unconfigured: 'no longer configured',
    },
    planHeld:
      'Changes are held, and wait for somebody to approve or reject them.',
    sync: 'Sync now',
    syncForced:
      'The source backs off: it failed, or it asked to be left alone. It is asked now all the same.',
    pause: 'Pause',
    pauseMeans:
      'No request is sent to the source until somebody resumes it, also after a restart. Its entities stay.',
    resume: 'Resume',
    resumeMeans: 'The source is asked again, within seconds if it is due.',
  },
  runs: {
    title: 'Runs',
    empty: 'No run yet.',
    started: 'Started',
    kind: 'Kind',
    outcome: 'Outcome',
    changes: 'Changes',
    why: 'Why',
    back: 'All runs',
    noChanges: 'This run changed nothing, or what it changed is not kept.',
    outcomes: {
      running: 'running',
      unchanged: 'unchanged',
      applied: 'applied',
      failed: 'failed',
      abandoned: 'abandoned',
    },
    counts: {
      records: '{{n}} records',
      added: '{{n}} added',
      changed: '{{n}} changed',
      removed: '{{n}} removed',
      held: '{{n}} held',
      invalid: '{{n}} invalid',
    },
  },
  undo: {
    title: 'Undo',
    means:
      '{{n}} entities go back to what they were before the run. First this is only stored as a plan, which somebody has to approve.',
    left: '{{n}} entities stay as they are:',
  },
  plans: {
    title: 'Plans',
    all: 'All plans',
    empty: 'No plan yet.',
    nothingHeld: 'Nothing is held.',
    noRefs: 'The plan has no entities any more, or none that you may see.',
    created: 'Made',
    kind: 'Kind',
    state: 'State',
    decidedBy: 'Decided by',
    expires: 'It expires',
    owners: 'Owners affected:',
    ownersOfPage: 'Owners affected, on this page:',
    kinds: {
      held: 'Held changes',
      undo: 'Undo of a run',
      restore: 'Restore of a snapshot',
      'clean-up': 'Clean-up',
    },
    states: {
      pending: 'waits for a decision',
      approved: 'approved',
      rejected: 'rejected',
      applied: 'carried out',
      void: 'no longer wanted',
      expired: 'expired',
    },
    approve: 'Approve',
    approveHeld:
      'The next run of the source, within seconds, changes or removes these {{count}} entities in the catalog, and no others.',
    approveOther:
      'These {{count}} entities are changed in the catalog at once. One that was changed since is left alone.',
    reject: 'Reject',
    rejectMeans: 'These {{count}} entities stay as they are.',
  },
  problems: {
    title: 'Problems',
    empty: 'No problem.',
    where: 'Record and entity',
    what: 'Problem',
    path: 'Path',
    value: 'Value',
    advice: 'What to do',
    since: 'Since',
    severities: { error: 'Error', warning: 'Warning' },
  },
  preview: {
    title: 'Mapping',
    means:
      'What a run would do now. The source is asked for its records; nothing is written.',
    data: 'Answer of the API (JSON)',
    dataMeans: 'Used in place of a request. Leave it empty to ask the source.',
    mapping: 'Mapping (JSON)',
    mappingMeans:
      'Used in place of the key "entity" of the source. Leave it empty for the one that is configured.',
    run: 'Preview',
    record: 'Record',
    entities: 'Entities',
  },
  explain: {
    path: 'Field',
    expression: 'Expression',
    reads: 'Read',
    value: 'Gave',
  },
  /** By the code of a problem. */
  advice: {
    'record-without-id': 'Give the record an id, or correct the key "id".',
    'record-id-twice':
      'Remove one of the two, or choose an "id" that tells them apart.',
    'record-not-an-object': 'Correct the key "records", or the API.',
    'record-schema':
      'Correct the record at the path in the message, or the schema.',
    'expression-failed':
      'Correct the record, or let the expression accept the value.',
    'expression-empty': 'Correct the record, or give the expression a default.',
    'transformer-failed':
      'Correct the record, or the code and raise its version.',
    'entity-invalid':
      'Correct the record or the mapping at the path in the message.',
    'kind-not-allowed': 'Correct the mapping, or allow the kind in "kinds".',
    'namespace-not-allowed':
      'Correct the mapping, or allow the namespace in "namespaces".',
    'annotation-not-allowed': 'Give the annotation another key.',
    'annotation-missing': 'Add the annotation to the record or the mapping.',
    'link-not-allowed': 'Correct the link.',
    'not-stored':
      'Look for "Failed to add" in the log of the catalog. Each run tries again.',
    'ref-taken':
      'Rename one of the two, remove the other, or set "takeover" if this source should have it.',
    'ref-taken-over': 'Remove the entity where it was before.',
    'owner-unknown': 'Correct the spelling, or add the owner to the catalog.',
    'relation-cycle': 'Remove one of the relations.',
    'catalog-error':
      'Do as the message says, or ask the owner of the processor that it names.',
    'location-failed':
      'Correct the target or the record, or allow the location or the kind.',
    'catalog-conflict': 'Rename or remove one of the two.',
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
