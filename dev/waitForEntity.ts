import { setTimeout as sleep } from 'node:timers/promises';

const STEP_MS = 1000;

/** Whether the catalog shows an entity before the time is over. */
export async function waitForEntity(options: {
  catalogUrl: string;
  token: string;
  name: string;
  timeoutMs: number;
}): Promise<boolean> {
  const url = `${options.catalogUrl}/entities/by-name/component/default/${options.name}`;
  const headers = { Authorization: `Bearer ${options.token}` };
  const deadline = Date.now() + options.timeoutMs;
  while (Date.now() < deadline) {
    const answer = await fetch(url, { headers });
    if (answer.ok) {
      return true;
    }
    await sleep(STEP_MS);
  }
  return false;
}
