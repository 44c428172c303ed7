import { parseSchemaError, pathOfKeys } from './schemaError';

describe('parseSchemaError', () => {
  it('reads the field, the rule and its parameters', () => {
    expect(
      parseSchemaError('/spec/owner must be string - type: string'),
    ).toEqual({
      keys: ['spec', 'owner'],
      message: 'must be string',
      params: { type: 'string' },
    });
  });

  it('adds the property that is missing to the field', () => {
    expect(
      parseSchemaError(
        "<root> must have required property 'spec' - missingProperty: spec",
      )?.keys,
    ).toEqual(['spec']);
  });

  it('reads escaped keys and an enumeration', () => {
    expect(
      parseSchemaError(
        '/metadata/a~1b~0c must be equal to one of the allowed values - allowedValues: a,b',
      ),
    ).toMatchObject({
      keys: ['metadata', 'a/b~c'],
      params: { allowedValues: 'a,b' },
    });
  });

  it('gives nothing for another message', () => {
    expect(parseSchemaError('Unknown error')).toBeUndefined();
  });
});

describe('pathOfKeys', () => {
  it('writes a path as a template would', () => {
    expect(pathOfKeys(['metadata', 'links', '0', 'url'])).toBe(
      'metadata.links[0].url',
    );
    expect(pathOfKeys(['metadata', 'annotations', 'custom/a'])).toBe(
      'metadata.annotations["custom/a"]',
    );
  });
});
