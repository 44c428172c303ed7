import { aSender } from '../../config/__testUtils__/aSender';
import { headersOf } from './__testUtils__/headersOf';
import { readWith } from './__testUtils__/readWith';
import { createDialect } from './createDialect';

const now = () => new Date('2026-11-22T12:00:00Z');
const optional = createDialect({ sender: aSender(), now });
const required = createDialect({
  sender: aSender({ requireTimestamp: true }),
  now,
});

const body = Buffer.from(
  JSON.stringify({
    event: 'deployment.success',
    service: 'payments',
    version: 'v1',
    metadata: { environment: 'production' },
  }),
);
const hex = 'ab'.repeat(32);
const macs = [Buffer.from(hex, 'hex')];
const signed = { 'x-catalog-signature': [`sha256=${hex}`] };
const timed = {
  ...signed,
  'x-catalog-timestamp': ['1700000000'],
  'x-catalog-delivery': ['run-17/1'],
};

describe('dialect catalog', () => {
  it('has the body alone signed, with or without an id', () => {
    expect(optional.readSignature(headersOf(signed))).toEqual({
      type: 'readable',
      prefix: '',
      macs,
    });
    const withId = { ...signed, 'x-catalog-delivery': ['a.b'] };
    expect(optional.readSignature(headersOf(withId))).toMatchObject({
      prefix: '',
    });
    expect(readWith(optional, body, withId)).toMatchObject({
      type: 'ok',
      externalId: 'a.b',
    });
  });

  it.each([optional, required])(
    'has the time and the id signed along',
    dialect => {
      expect(dialect.readSignature(headersOf(timed))).toEqual({
        type: 'readable',
        prefix: 'v1:1700000000.run-17/1.',
        macs,
        signed: { id: 'run-17/1', timestamp: 1_700_000_000 },
      });
      expect(readWith(dialect, body, timed)).toMatchObject({
        externalId: 'run-17/1',
      });
    },
  );

  it.each([['two words'], ['é'], [''], ['a', 'b'], ['x'.repeat(256)]])(
    'has an id that is not signed along corrected: %p',
    (...values) => {
      const headers = { ...signed, 'x-catalog-delivery': values };
      expect(readWith(optional, body, headers)).toEqual({
        type: 'invalid',
        message: expect.stringMatching(/^X-Catalog-Delivery: must be/),
      });
      expect(readWith(optional, Buffer.from('{}'), headers)).toEqual({
        type: 'invalid',
        message: expect.stringMatching(/^X-Catalog-Delivery: .*; .*event: /),
      });
    },
  );

  it.each([
    ['signature-missing', { 'x-catalog-signature': undefined }],
    ['signature-malformed', { 'x-catalog-signature': [''] }],
    ['id-missing', { 'x-catalog-delivery': undefined }],
    ['id-malformed', { 'x-catalog-delivery': ['a.b'] }],
    ['id-malformed', { 'x-catalog-delivery': [''] }],
    ['id-malformed', { 'x-catalog-delivery': ['a', 'a'] }],
    ['id-malformed', { 'x-catalog-delivery': ['x'.repeat(256)] }],
    ['timestamp-malformed', { 'x-catalog-timestamp': [''] }],
    ['timestamp-malformed', { 'x-catalog-timestamp': ['1700000000', '1'] }],
    ['timestamp-malformed', { 'x-catalog-timestamp': ['123abc'] }],
    ['timestamp-malformed', { 'x-catalog-timestamp': ['01700000000'] }],
    ['timestamp-malformed', { 'x-catalog-timestamp': ['-1'] }],
    ['timestamp-malformed', { 'x-catalog-timestamp': ['1700000000.5'] }],
    ['timestamp-malformed', { 'x-catalog-timestamp': ['9'.repeat(13)] }],
  ])('cannot verify with %s: %j', (code, changes) => {
    expect(optional.readSignature(headersOf({ ...timed, ...changes }))).toEqual(
      {
        type: 'unusable',
        code,
      },
    );
  });

  it('can be told to require the time', () => {
    expect(required.readSignature(headersOf(signed))).toEqual({
      type: 'unusable',
      code: 'timestamp-missing',
    });
  });
});

describe('the signature of dialect catalog', () => {
  const digits = '0123456789abcdef'.repeat(4);
  const mac = Buffer.from(digits, 'hex');
  const codeOf = (...values: string[]) => {
    const headers = headersOf({ 'x-catalog-signature': values });
    const reading = optional.readSignature(headers);
    return reading.type === 'unusable' ? reading.code : undefined;
  };

  it.each([digits, `sha256=${digits}`])('reads %p', value => {
    expect(
      optional.readSignature(headersOf({ 'x-catalog-signature': [value] })),
    ).toMatchObject({ type: 'readable', macs: [mac] });
  });

  it('misses what is not there', () => {
    expect(codeOf()).toBe('signature-missing');
  });

  it('does not choose between two', () => {
    expect(codeOf(digits, hex)).toBe('signature-repeated');
  });

  it.each([
    digits.toUpperCase(),
    `sha256=${digits.toUpperCase()}`,
    `SHA256=${digits}`,
  ])('knows upper case: %p', value => {
    expect(codeOf(value)).toBe('signature-upper-case');
  });

  it.each([mac.toString('base64'), `sha256=${mac.toString('base64')}`])(
    'knows base64: %p',
    value => {
      expect(codeOf(value)).toBe('signature-base64');
    },
  );

  it.each([
    '',
    'sha256=',
    digits.slice(1),
    `${digits}0`,
    `${digits}\n`,
    ` ${digits}`,
    `sha1=${digits}`,
    `sha256=sha256=${digits}`,
    `${digits}, ${digits}`,
    `g${digits.slice(1)}`,
    'a'.repeat(100_000),
  ])('does not read %p', value => {
    expect(codeOf(value)).toBe('signature-malformed');
  });
});
