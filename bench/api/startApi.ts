import { resolve } from 'node:path';
import { Worker } from '../measure/worker';
import type { ListState, NextList } from './process';

export interface Api {
  /** URL of the list. */
  url: string;
  /** Makes ready what is answered from now on. */
  prepare(next: NextList): Promise<ListState>;
  stop(): Promise<void>;
}

export async function startApi(): Promise<Api> {
  const worker = Worker.start(resolve(__dirname, 'process.ts'));
  const url = await worker.ask<string>('url');
  return {
    url: `${url}/services`,
    prepare: next => worker.ask('prepare', next),
    stop: () => worker.stop(),
  };
}
