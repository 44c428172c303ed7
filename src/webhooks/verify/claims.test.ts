import fc from 'fast-check';
import { wrongClaim } from './claims';

const event = { service: 'Payments', environment: 'production' };
const patterns = {
  repository: ['acme/{service}'],
  ref: ['refs/heads/main', 'refs/tags/v*'],
};
const claims = { repository: 'acme/payments', ref: 'refs/tags/v1' };

describe('wrongClaim', () => {
  it('finds nothing where every claim is as it has to be', () => {
    expect(wrongClaim({ patterns, claims })).toBeUndefined();
    expect(wrongClaim({ patterns, claims, event })).toBeUndefined();
  });

  it.each([
    ['ref', { ref: 'refs/heads/other' }],
    ['ref', { ref: 'Refs/heads/main' }],
    ['ref', { ref: undefined }],
    ['ref', { ref: ['refs/heads/main'] }],
    ['repository', { repository: 'evil/payments' }],
    ['repository', { repository: 'Acme/payments' }],
  ])('names the claim that is wrong: %s of %j', (claim, changes) => {
    expect(wrongClaim({ patterns, claims: { ...claims, ...changes } })).toBe(
      claim,
    );
  });

  it('has placeholders agree with the event', () => {
    const other = { ...event, service: 'ledger' };
    expect(wrongClaim({ patterns, claims, event: other })).toBe('repository');
    const ofJob = { environment: ['{environment}'] };
    expect(
      wrongClaim({
        patterns: ofJob,
        claims: { environment: 'production' },
        event,
      }),
    ).toBeUndefined();
    // Environments differ by case.
    expect(
      wrongClaim({
        patterns: ofJob,
        claims: { environment: 'Production' },
        event,
      }),
    ).toBe('environment');
  });

  it('compares numbers and flags as texts', () => {
    const wanted = { project_id: ['42'], ref_protected: ['true'] };
    expect(
      wrongClaim({
        patterns: wanted,
        claims: { project_id: 42, ref_protected: true },
      }),
    ).toBeUndefined();
  });

  it('takes no claim that every object has', () => {
    expect(wrongClaim({ patterns: { constructor: ['*'] }, claims: {} })).toBe(
      'constructor',
    );
  });

  it('lets no service but its own agree with a repository', () => {
    const text = fc.stringMatching(/^[A-Za-z0-9*{}$&/_.-]{1,12}$/);
    fc.assert(
      fc.property(text, text, (service, repository) => {
        const fault = wrongClaim({
          patterns: { repository: ['acme/{service}'] },
          claims: { repository: `acme/${repository}` },
          event: { service, environment: 'production' },
        });
        const agrees =
          service.toLowerCase() === repository.toLowerCase() &&
          !service.includes('*');
        expect(fault === undefined).toBe(agrees);
      }),
    );
  });

  it.each([
    ['acme/{service}', 'acme/payments', 'acme/payments', true],
    ['acme/{service}', 'acme/payments', 'ACME/Payments', true],
    ['acme/{service}', 'acme/payments', 'acme/billing', false],
    ['acme/{service}', 'evil/payments', 'evil/payments', false],
    ['acme/{service}', 'acme/payments', 'evil/payments', false],
    ['acme/{service}', 'acme/payments', 'payments', false],
    ['acme/{service}', 'acme/payments', 'acme/*', false],
    ['acme/{service}', 'acme/team/payments', 'acme/team/payments', true],
    ['acme/team/{service}', 'acme/other/a', 'acme/other/a', false],
    [
      'repo:acme/{service}:environment:{environment}',
      'repo:acme/payments:environment:production',
      'acme/payments',
      true,
    ],
    [
      'repo:acme/{service}:environment:{environment}',
      'repo:acme/payments:environment:staging',
      'acme/payments',
      false,
    ],
    ['{service}', 'acme/payments', 'acme/payments', true],
  ])(
    'with claim %p, says of a token of %p and an event that names the repository %p: %p',
    (pattern, claim, repository, agrees) => {
      const named = {
        service: repository,
        repository,
        environment: 'production',
      };
      const fault = wrongClaim({
        patterns: { claim: [pattern] },
        claims: { claim },
        event: named,
      });
      expect(fault).toBe(agrees ? undefined : 'claim');
    },
  );
});
