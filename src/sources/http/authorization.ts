import type { AuthSettings } from '../../config/settings';
import { ClientCredentials } from './ClientCredentials';
import type { AnswerLimits } from './fetchAnswer';

/** Gives the `Authorization` header of a source's requests. */
export interface Authorization {
  header(signal: AbortSignal): Promise<string>;
  /** Forgets a header that was refused; absent where there is no other to be had. */
  discard?(refused: string): void;
}

export function createAuthorization(options: {
  source: string;
  auth: AuthSettings;
  request: AnswerLimits;
  now: () => Date;
}): Authorization {
  const { auth } = options;
  if (auth.type === 'oauth2') {
    return ClientCredentials.create({ ...options, auth });
  }
  const header =
    auth.type === 'bearer'
      ? `Bearer ${auth.token}`
      : basicHeader(auth.username, auth.password);
  return { header: async () => header };
}

/** An `Authorization` header of the scheme Basic, in UTF-8 (RFC 7617). */
export function basicHeader(username: string, password: string): string {
  const credentials = Buffer.from(`${username}:${password}`, 'utf8');
  return `Basic ${credentials.toString('base64')}`;
}
