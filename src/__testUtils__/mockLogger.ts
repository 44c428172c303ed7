import type { LoggerService } from '@backstage/backend-plugin-api';

/** Like `mockServices.logger.mock()`, for which a test file loads all services of a backend. */
export function mockLogger(): jest.Mocked<LoggerService> {
  return {
    child: jest.fn().mockImplementation(mockLogger),
    debug: jest.fn(),
    error: jest.fn(),
    info: jest.fn(),
    warn: jest.fn(),
  };
}
