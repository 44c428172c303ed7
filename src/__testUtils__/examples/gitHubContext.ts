/** What expressions of a workflow find on `deployment_status`: the fields that ours use. */
export function gitHubContext(options: {
  secrets: Record<string, string>;
  runNumber: number;
  deployment?: object;
  repository?: string;
}) {
  const { secrets, runNumber, repository = 'on-github' } = options;
  return {
    vars: { CATALOG_WEBHOOK_URL: secrets.CATALOG_WEBHOOK_URL },
    secrets,
    github: {
      server_url: 'https://github.com',
      repository: `acme/${repository}`,
      repository_id: 7,
      run_id: 4200 + runNumber,
      run_number: runNumber,
      event: {
        repository: { name: repository },
        deployment: options.deployment ?? {
          sha: `sha-${runNumber}`,
          environment: 'production',
        },
        deployment_status: { created_at: '2026-11-22T12:00:00Z' },
      },
    },
  };
}
