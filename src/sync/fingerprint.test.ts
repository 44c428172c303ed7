import { settingsOf } from './__testUtils__/fakes';
import { fingerprintOf } from './fingerprint';

const fingerprint = fingerprintOf(settingsOf());

describe('fingerprintOf', () => {
  it('is what it was before lists could be asked for in other ways', () => {
    expect(fingerprint).toBe(
      'ea1a5b8fb9bed4e6f76727dd8443ebd9317c3c480bce25156f4e5b39e258f757',
    );
  });

  it.each([
    { method: 'POST' as const },
    { body: { a: 1 } },
    { query: { a: '1' } },
    { pagination: { type: 'link' as const, maxPages: 1 } },
  ])('changes with %j', overrides => {
    expect(fingerprintOf(settingsOf(overrides))).not.toBe(fingerprint);
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
