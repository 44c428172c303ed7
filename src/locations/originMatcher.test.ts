import { createOriginMatcher } from './originMatcher';

describe('locations.allow', () => {
  const isAllowed = createOriginMatcher([
    'url:https://GitHub.com/acme/*',
    'file:/etc/backstage/*',
    'custom-data:*',
  ]);

  it.each([
    'url:https://github.com/acme/app/blob/main/catalog-info.yaml',
    'url:https://GITHUB.com:443/acme/app/blob/main/catalog-info.yaml',
    'url:https://github.com/other/../acme/app/catalog-info.yaml',
    'url:https://github.com/acme/app/blob/feature%2Fnew/catalog-info.yaml',
    'url:https://github.com/acme/app/blob/v1..v2/catalog-info.yaml',
    'url:https://github.com/acme/app?path=../catalog-info.yaml',
    'file:/etc/backstage/locations.yaml',
    'custom-data:service-registry/payments-api',
  ])('allows %s', origin => {
    expect(isAllowed(origin)).toBe(true);
  });

  it.each([
    'url:https://github.com/acme/../evil/app/catalog-info.yaml',
    'url:https://github.com/acme/%2e%2e/evil/app/catalog-info.yaml',
    'url:https://github.com/acme/.%2E/evil/app/catalog-info.yaml',
    'url:https://github.com/acme/..\\evil/app/catalog-info.yaml',
    'url:https://github.com/acme/x/..%2f../evil/app/catalog-info.yaml',
    'url:https://github.com/acme/..%2fevil/app/catalog-info.yaml',
    'url:https://github.com/acme/%252e%252e%252fevil/app/catalog-info.yaml',
    'url:https://github.com/acme/..%5cevil/app/catalog-info.yaml',
    'url:https://github.com@evil.example.com/acme/app/catalog-info.yaml',
    'url:https://github.com.evil.example.com/acme/app/catalog-info.yaml',
    'url:https:///acme/',
    'file:/etc/backstage/../passwd',
    'url:http://github.com/acme/app/catalog-info.yaml',
    '',
  ])('refuses %s', origin => {
    expect(isAllowed(origin)).toBe(false);
  });
});
