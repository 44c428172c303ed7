import { aSender } from '../config/__testUtils__/aSender';
import type { SenderSettings } from '../config/sender';
import type { DeploymentEvent } from '../deployments/deployment';
import { outsideScope } from './scope';

const event = (changes: Partial<DeploymentEvent> = {}): DeploymentEvent => ({
  event: 'deployment.success',
  service: 'Payments-API',
  version: 'v1',
  environment: 'production',
  catalogRefresh: false,
  ...changes,
});

const check = (
  sender: Partial<SenderSettings>,
  changes: Partial<DeploymentEvent> = {},
) => outsideScope({ sender: aSender(sender) }, event(changes));

describe('outsideScope', () => {
  it('lets everything through where nothing is said', () => {
    expect(check({})).toBeUndefined();
  });

  it.each([['payments-*'], ['PAYMENTS-api'], ['*'], ['other', '*-api']])(
    'lets a service of %p through, in upper or lower case',
    (...services) => {
      expect(check({ services })).toBeUndefined();
    },
  );

  it.each([['payments'], ['payments-'], ['api-*']])(
    'keeps a service outside of %p out',
    (...services) => {
      expect(check({ services })).toEqual({
        code: 'service-not-allowed',
        message: 'Sender "ci" may not touch service "Payments-API"',
      });
    },
  );

  it('asks for the name that is sent and for what an alias makes of it', () => {
    const aliases = { 'payments-api': 'Billing' };
    expect(check({ aliases, services: ['payments-*'] })?.message).toBe(
      'Sender "ci" may not touch service "Billing"',
    );
    expect(check({ aliases, services: ['billing'] })?.message).toBe(
      'Sender "ci" may not touch service "Payments-API"',
    );
    expect(
      check({ aliases, services: ['billing', 'payments-*'] }),
    ).toBeUndefined();
  });

  it('lets an environment cover its targets, and a target only itself', () => {
    const target = 'eu';
    for (const environments of [['production'], ['production.eu']]) {
      expect(check({ environments }, { target })).toBeUndefined();
    }
    const environments = ['production.us'];
    expect(check({ environments })?.message).toContain('"production"');
    expect(check({ environments }, { target })?.message).toBe(
      'Sender "ci" may not touch environment "production.eu"',
    );
  });

  it('compares environments exactly', () => {
    const environments = ['production'];
    expect(check({ environments })).toBeUndefined();
    for (const environment of ['Production', 'production-eu', 'staging']) {
      expect(check({ environments }, { environment })).toEqual({
        code: 'environment-not-allowed',
        message: `Sender "ci" may not touch environment "${environment}"`,
      });
    }
  });

  it('names everything that is outside', () => {
    expect(
      check({
        services: ['other'],
        environments: ['staging'],
      }),
    ).toEqual({
      code: 'service-not-allowed',
      message:
        'Sender "ci" may not touch service "Payments-API", environment "production"',
    });
  });
});
