import { redactValues } from '../database/columns';
import { RetryLaterError, SourceError } from '../lib/errors';
import { describeError } from './describeError';

describe('describeError', () => {
  it('shows the message of an error of ours', () => {
    expect(describeError(new RetryLaterError('busy'))).toBe(
      'RetryLaterError: busy',
    );
    expect(
      describeError(new SourceError('answered 500', { code: 'status' })),
    ).toBe('SourceError: answered 500');
  });

  it('shows only the code where the message may quote values', () => {
    const error = Object.assign(new Error("insert … values ('payload')"), {
      code: 'SQLITE_BUSY',
    });
    expect(describeError(error)).toBe('Error SQLITE_BUSY');
  });

  it('says that it was the database that failed', async () => {
    const fail = async () => {
      throw Object.assign(new Error('private'), { code: 'SQLITE_FULL' });
    };
    const error = await redactValues(fail).catch(e => e);
    expect(describeError(error)).toBe(
      'Error: The database failed with "SQLITE_FULL"',
    );
  });

  it('withstands what is not an error, and keeps it short', () => {
    expect(describeError(undefined)).toBe('unknown error');
    expect(describeError('payload')).toBe('unknown error');
    expect(describeError(new Error('x'.repeat(10_000)))).toHaveLength(500);
  });
});
