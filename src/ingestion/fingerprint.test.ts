import { settingsOf } from './__testUtils__/fakes';
import { fingerprintOf } from './fingerprint';

const fingerprint = fingerprintOf(settingsOf());

describe('fingerprintOf', () => {
  it.each([
    { method: 'POST' as const },
    { body: { a: 1 } },
    { query: { a: '1' } },
    { pagination: { type: 'link' as const, maxPages: 1 } },
    { when: 'active' },
    { tables: { owners: { a: 'group:b' } } },
    { owners: { a: 'group:default/b' } },
    { requiredAnnotations: ['custom/owner'] },
    { cycles: 'reject' as const },
    { maxEntityBytes: 5 },
  ])('changes with %j', overrides => {
    expect(fingerprintOf(settingsOf(overrides))).not.toBe(fingerprint);
  });

  it.each([
    { schema: { type: 'object' } },
    { transformer: 'erp 2' },
    { placeholders: ['graphql'] },
  ])('changes with %j', shape => {
    expect(fingerprintOf(settingsOf(), shape)).not.toBe(fingerprint);
  });

  it('does not change with what only reaches the records', () => {
    expect(
      fingerprintOf(
        settingsOf({
          auth: { type: 'bearer', token: 'abc' },
          headers: { 'X-Key': 'k' },
          request: { ...settingsOf().request, retries: 9, concurrency: 1 },
        }),
      ),
    ).toBe(fingerprint);
  });
});
