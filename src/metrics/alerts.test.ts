import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import {
  MONITORING,
  readAlertRules,
  readOperations,
} from './__testUtils__/queries';

const TESTS = 'catalog-alerts.test.yaml';

function promtool(...args: string[]): string {
  return execFileSync('promtool', args, { cwd: MONITORING, encoding: 'utf8' });
}

/** Where it is missing, only CI fails, since .ci/run installs it. */
const canRun =
  Boolean(process.env.CI) || spawnSync('promtool', ['--version']).status === 0;
const onlyWithPromtool = canRun ? describe : describe.skip;

describe('the alerts', () => {
  const rules = readAlertRules();

  onlyWithPromtool('in promtool', () => {
    it('pass their tests', () => {
      expect(promtool('check', 'rules', 'catalog-alerts.yaml')).toContain(
        `SUCCESS: ${rules.length} rules found`,
      );
      expect(promtool('test', 'rules', TESTS)).toContain('SUCCESS');
    });
  });

  it.each(rules.map(rule => [rule.alert, rule] as const))(
    'are tested firing and not firing: %s',
    alert => {
      const { tests } = parse(readFileSync(join(MONITORING, TESTS), 'utf8'));
      const fires = tests
        .flatMap((test: any) => test.alert_rule_test)
        .filter(({ alertname }: any) => alertname === alert)
        .map(({ exp_alerts }: any) => exp_alerts.length > 0);
      expect([...new Set(fires)].sort()).toEqual([false, true]);
    },
  );

  it.each(rules.map(rule => [rule.alert, rule] as const))(
    'say how bad it is, what is the matter and where to read on: %s',
    (alert, { labels, annotations }) => {
      expect(labels.severity).toMatch(/^(critical|warning|info)$/);
      expect(annotations).toEqual({
        summary: expect.any(String),
        description: expect.any(String),
        runbook_url: `docs/operations.md#${alert.toLowerCase()}`,
      });
      const [, section] = readOperations().split(`### ${alert}\n`);
      expect(section).toMatch(
        /^\n\*\*Means\.\*\* .*\n\n\*\*Look\.\*\* .*\n[^]*?\n\*\*Do\.\*\* /,
      );
    },
  );
});
