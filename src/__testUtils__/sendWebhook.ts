import { signBody, type SignWebhook } from './signWebhook';

export interface SendOptions {
  /** `ci`, where it is left out. */
  sender?: string;
  sign?: SignWebhook;
  headers?: Record<string, string>;
}

/** Posts a webhook; a text goes as it stands. */
export async function sendWebhook(
  url: string,
  payload: object | string,
  { sender = 'ci', sign = signBody, headers }: SendOptions = {},
) {
  const body = typeof payload === 'string' ? payload : JSON.stringify(payload);
  const response = await fetch(`${url}/custom-data/webhooks/${sender}`, {
    method: 'POST',
    body,
    headers: { 'Content-Type': 'application/json', ...sign(body), ...headers },
  });
  return {
    status: response.status,
    header: (name: string) => response.headers.get(name),
    body: (await response.json()) as any,
  };
}
