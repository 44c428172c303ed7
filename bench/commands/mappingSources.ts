/** Eight expressions that are more than a path, over a record of the registry. */
export const EXPRESSIONS = [
  '$lowercase(serviceId)',
  '$trim(description)',
  '$uppercase(team)',
  '$string(tier)',
  '[$lowercase(language), "tier-" & tier]',
  '$exists(lifecycle) ? lifecycle : "production"',
  '[{ "url": repository, "title": "Repository" }, { "url": dashboardUrl, "title": "Dashboard" }]',
  '[dependsOn.("component:" & $)]',
];

/** Eight paths. */
export const PLAIN_PATHS = [
  'serviceId',
  'description',
  'team',
  'tier',
  'language',
  'lifecycle',
  'repository',
  'dashboardUrl',
];

/** A template that has each of the expressions once. */
export function templateOf(expressions: string[]): object {
  const [name, ...others] = expressions.map(text => `\${{ ${text} }}`);
  return {
    kind: 'Component',
    metadata: { name },
    spec: Object.fromEntries(
      others.map((text, index) => [`field${index + 1}`, text]),
    ),
  };
}
