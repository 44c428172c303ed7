/*
 * Rows of docs/patterns.md: what the reference of catalog integration prints, as
 * it is printed, and what works in its place.
 */
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parse } from 'yaml';
import { describePatterns } from './__testUtils__/patterns/describePatterns';
import {
  indent,
  oneLine,
  readReferenceText,
} from './__testUtils__/patterns/readReference';
import { readRows } from './__testUtils__/patterns/readRows';
import { TOKEN } from './__testUtils__/patterns/startPortal';
import { waitFor } from './__testUtils__/waitFor';
import {
  type AlertRule,
  askedMetrics,
  readAlertRules,
} from './metrics/__testUtils__/queries';

const ROOT = resolve(__dirname, '..');

describePatterns(
  'docs/patterns.md, and the blocks and alerts of the reference',
  world => {
    const { reference, untilEntity } = world;
    const { blocks } = reference;

    it('has a row for each command, block, alert, pitfall and answer, with a test that there is', () => {
      for (const [kind, items] of Object.entries(reference)) {
        const rows = readRows(kind);
        expect({ kind, rows: rows.length }).toEqual({
          kind,
          rows: items.length,
        });
        rows.forEach(({ quote }, i) =>
          expect(oneLine(items[i])).toContain(quote),
        );
      }
      const prose = readRows('prose');
      for (const { quote } of prose) {
        expect(readReferenceText()).toContain(quote);
      }
      for (const { quote, tests } of [
        ...Object.keys(reference).flatMap(readRows),
        ...prose,
      ]) {
        expect(quote).not.toBe('');
        expect(tests.length).toBeGreaterThan(0);
        for (const { file, name } of tests) {
          const source = readFileSync(join(ROOT, file), 'utf8');
          expect({ file, name, has: source.includes(`'${name}'`) }).toEqual({
            file,
            name,
            has: true,
          });
        }
      }
    });

    it('reads the manifest once its lines are indented', async () => {
      const post = (body: string) =>
        fetch(`${world.portal.catalog.url}/locations`, {
          method: 'POST',
          body,
          headers: {
            Authorization: `Bearer ${TOKEN}`,
            'Content-Type': 'application/yaml',
          },
        });
      expect((await post(world.portal.fill(blocks[0]))).status).toBe(400);
      const { status } = await post(
        world.portal.fill(indent(blocks[0], '0000110122')),
      );
      expect(status).toBe(201);
    });

    it('makes of a record what the printed processor would have made, without code', async () => {
      const location = {
        type: 'custom-data',
        target: 'registry/legacy-billing',
      };
      expect(
        (await world.portal.call('POST /locations', location)).status,
      ).toBe(201);
      const entity = await untilEntity('legacy-billing');
      expect(blocks[1]).toContain(
        "spec: { type: 'service', lifecycle: 'production', owner: `group:${data.team}` }",
      );
      expect(entity).toMatchObject({
        kind: 'Component',
        metadata: { annotations: { 'custom/owner': 'team-a' } },
        spec: {
          type: 'service',
          lifecycle: 'production',
          owner: 'group:team-a',
        },
      });
      // The catalog has called all processors by now, and knows no `readEntity`.
      expect(world.portal.readEntity).not.toHaveBeenCalled();
    });

    it('polls on the printed schedule', async () => {
      expect(require('@backstage/plugin-catalog-backend')).not.toHaveProperty(
        'createRouter',
      );
      const { body } = await world.portal.call(
        'GET /.backstage/scheduler/v1/tasks',
      );
      const task = body.tasks.find(
        (each: any) => each.taskId === 'custom-data-scheduled-poll',
      );
      expect(task.settings).toMatchObject({
        cadence: 'PT15M',
        timeoutAfterDuration: 'PT5M',
        initialDelayDuration: 'PT30S',
      });
    });

    it('takes the printed payload, and shows what was deployed', async () => {
      const { status } = await world.portal.catalog.post(
        world.portal.fill(blocks[3]),
      );
      expect(status).toBe(202);
      await waitFor(async () => {
        const { metadata } = await untilEntity('payments-api');
        expect(metadata.annotations['custom/deployed-version.production']).toBe(
          'v1.2.3',
        );
      });
    });

    it('has a workflow that begins on an event that there is, in place of the printed one', () => {
      const printed = parse(indent(blocks[4], `00012012234${'5'.repeat(10)}`));
      expect(printed.on.deployment_status.types).toEqual(['success']);
      const ours = parse(
        readFileSync(join(ROOT, 'examples/github-actions.yml'), 'utf8'),
      );
      expect(ours.on).toBe('deployment_status');
      const [job] = Object.values<any>(ours.jobs);
      expect(job.if).toContain(
        "github.event.deployment_status.state == 'success'",
      );
    });

    it('has the alerts of the printed file, over windows in which a poll falls', () => {
      const rules = readAlertRules();
      for (const { alert, for: wait, labels } of rulesOf(blocks[5])) {
        expect(rules).toContainEqual(
          expect.objectContaining({ alert, for: wait, labels }),
        );
      }
    });

    it('alerts under the printed names, by metrics of the printed names', () => {
      for (const printed of rulesOf(blocks[5])) {
        const rule = readAlertRules().find(
          ({ alert }) => alert === printed.alert,
        );
        expect(metricsOf(rule!)).toEqual(metricsOf(printed));
      }
    });
  },
);

function metricsOf({ expr }: AlertRule): string[] {
  return askedMetrics(expr).map(({ name }) => name);
}

function rulesOf(block: string): Array<AlertRule & { for: string }> {
  const { groups } = parse(indent(block, '00123444434444'));
  return groups[0].rules;
}
