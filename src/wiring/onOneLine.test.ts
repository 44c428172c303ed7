import { mockLogger } from '../__testUtils__/mockLogger';
import { onOneLine } from './onOneLine';

describe('onOneLine', () => {
  it('lets no text break the line of a log or steer a terminal', () => {
    const mock = mockLogger();
    mock.child.mockReturnValue(mock);
    const logger = onOneLine(mock).child({ a: '1' });
    const error = new Error('no');
    for (const level of ['error', 'warn', 'info', 'debug'] as const) {
      logger[level]('Ä "a\r\nb\u001b[2J\u009b\u2028\u202e"', error);
      expect(mock[level]).toHaveBeenCalledWith(
        String.raw`Ä "a\u000d\u000ab\u001b[2J\u009b\u2028\u202e"`,
        error,
      );
    }
  });
});
