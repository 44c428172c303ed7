import {
  explainWildcard,
  isManifest,
  readManifest,
  toManifest,
} from './readManifest';

const TEXT = `# catalog-locations.yaml
apiVersion: backstage.io/v1alpha1
kind: Location
metadata:
  name: org-catalog-sync
spec:
  targets:
    - https://example.com/a.yaml
    - https://example.com/b.yaml
    - https://example.com/a.yaml
`;

describe('readManifest', () => {
  it('reads each target once, and tells which are repeated', () => {
    expect(readManifest(TEXT)).toEqual({
      name: 'org-catalog-sync',
      type: 'url',
      targets: ['https://example.com/a.yaml', 'https://example.com/b.yaml'],
      repeated: ['https://example.com/a.yaml'],
    });
  });

  it('says how to send a manifest of which curl took the line breaks', () => {
    const text = TEXT.replaceAll('\n', '');
    expect(isManifest(text)).toBe(true);
    expect(() => readManifest(text)).toThrow('--data-binary @file');
  });

  it.each([
    [`${TEXT}---\n${TEXT}`, 'has 2 YAML documents'],
    [TEXT.replace('name:', 'nam:'), 'metadata.name'],
    [TEXT.replace('targets:', 'target:'), 'spec.target'],
    ['kind: Location\nmetadata: {name: a}\nspec: {}\n', 'spec.targets: names'],
    ['kind: Location\n  metadata: [', 'is not YAML'],
  ])('says what is wrong with a manifest: %#', (text, message) => {
    expect(() => readManifest(text)).toThrow(message);
  });
});

describe('isManifest', () => {
  it.each([
    ['{"type":"url","target":"https://example.com"}', false],
    ['kind: Component\n', false],
    ['description: of a kind: Location\n', false],
    ['', false],
    ['kind: "Location"\n', true],
    ['apiVersion: backstage.io/v1alpha1\nkind: Location\n', true],
  ])('of %j: %p', (text, expected) => {
    expect(isManifest(text)).toBe(expected);
  });
});

describe('toManifest', () => {
  it('takes one target, of any type', () => {
    const spec = { type: 'custom-data', target: 'registry/a' };
    const value = { kind: 'Location', metadata: { name: 'a' }, spec };
    expect(toManifest(value)).toMatchObject({
      type: 'custom-data',
      targets: ['registry/a'],
    });
  });
});

describe('explainWildcard', () => {
  it.each([
    ['https://github.com/acme/*/blob/main/catalog-info.yaml', 'reads nothing'],
    ['https://github.com/*/a/blob/main/catalog-info.yaml', 'reads nothing'],
    ['https://github.com/acme/a/blob/main/**/catalog-info.yaml', 'expands'],
  ])('tells what the catalog makes of %s', (url, text) => {
    expect(explainWildcard(url)).toContain(text);
  });

  it('has nothing to say of a target without one', () => {
    expect(explainWildcard('https://example.com/a.yaml')).toBeUndefined();
  });
});
