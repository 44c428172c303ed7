import type { AuthSettings } from '../model/settings';
import { basicHeader } from './basicHeader';
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
