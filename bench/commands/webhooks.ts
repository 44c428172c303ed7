import { describeMachine } from '../measure/machine';
import type { WebhookOptions } from '../readOptions';
import { RoundResults } from '../report/RoundResults';
import { webhookTargets } from '../report/webhookTargets';
import { withEnvironment } from './environment';
import type { Report } from './report';
import { expectLoad, measureLoad } from './webhooksLoad';
import { expectProcessor, measureProcessor } from './webhooksProcessor';
import { expectVisible, measureVisible } from './webhooksVisible';

/**
 * What taking webhooks costs, and how soon what they tell is seen, beside what
 * others take for it.
 */
export async function webhooks(options: WebhookOptions): Promise<Report> {
  const results = new RoundResults();
  const measured = { ...options, results };
  expectLoad(measured);
  expectVisible(measured);
  expectProcessor(measured);
  return withEnvironment(async environment => {
    await measureProcessor(measured);
    await measureLoad(environment.postgres, measured);
    await measureVisible(environment, measured);
    const rows = results.rows();
    return {
      machine: describeMachine(environment.postgres.version),
      rows,
      targets: webhookTargets(rows),
    };
  });
}
