import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';

const ROOT = join(__dirname, '../../..');
export const MONITORING = join(ROOT, 'monitoring');

export interface AlertRule {
  alert: string;
  expr: string;
  labels: Record<string, string>;
  annotations: Record<string, string>;
}

/** What a query asks of a metric. */
export interface AskedMetric {
  name: string;
  /** Labels that it compares or groups by. */
  labels: string[];
  /** The buckets that it selects. */
  le?: RegExp;
}

export function readAlertRules(): AlertRule[] {
  const file = parse(
    readFileSync(join(MONITORING, 'catalog-alerts.yaml'), 'utf8'),
  );
  return file.groups.flatMap((group: { rules: AlertRule[] }) => group.rules);
}

/** The queries of the dashboard, by the title of the panel or the name of the variable. */
export function readDashboardQueries(): Array<[title: string, query: string]> {
  const { panels, templating } = JSON.parse(
    readFileSync(join(MONITORING, 'grafana-dashboard.json'), 'utf8'),
  );
  return [
    ...panels.flatMap(({ title, targets = [] }: any) =>
      targets.map(({ expr }: any) => [title, expr]),
    ),
    ...templating.list
      .filter(({ type }: any) => type === 'query')
      .map(({ name, definition }: any) => [name, definition]),
  ];
}

/** The table of metrics in docs/operations.md. */
export function readDocumentedMetrics() {
  return [
    ...readOperations().matchAll(
      /^\| `(\w+)` \| (counter|gauge|histogram) \|(.*?)\|/gm,
    ),
  ].map(([, name, type, labels]) => ({
    name,
    type,
    labels: [...labels.matchAll(/\w+/g)].map(([label]) => label).sort(),
  }));
}

export function readOperations(): string {
  return readFileSync(join(ROOT, 'docs/operations.md'), 'utf8');
}

/**
 * The metrics of a PromQL query, each with the labels of its selector and of the
 * groupings. What stands on either side of `or` groups by itself.
 */
export function askedMetrics(query: string): AskedMetric[] {
  return query.split(/\sor\s/).flatMap(askedByOperand);
}

function askedByOperand(query: string): AskedMetric[] {
  const grouped = [...query.matchAll(/\bby \(([^)]*)\)/g)].flatMap(([, list]) =>
    list.split(',').map(label => label.trim()),
  );
  const ofVariable = /^label_values\(\w+, (\w+)\)$/.exec(query)?.[1] ?? [];
  return [
    ...query.matchAll(/\b((?:catalog|custom_data)_\w+)(?:\{([^}]*)\})?/g),
  ].map(([, name, selector = '']) => ({
    name,
    le: selectedBuckets(selector),
    labels: [
      ...[...selector.matchAll(/(\w+)\s*(?:=~|!~|!=|=)/g)].map(
        ([, label]) => label,
      ),
      ...grouped,
      ...[ofVariable].flat(),
    ],
  }));
}

/** What a selector says of the label `le`, where it says anything. */
function selectedBuckets(selector: string): RegExp | undefined {
  const [, operator, text] = /\ble(=~?)("[^"]*")/.exec(selector) ?? [];
  if (text === undefined) {
    return undefined;
  }
  const value: string = JSON.parse(text);
  return new RegExp(operator === '=~' ? `^(?:${value})$` : `^${value}$`);
}
